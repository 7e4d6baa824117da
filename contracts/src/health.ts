import { z } from 'zod';

/** What a part says of itself: `dependencies` by name, such as `postgres: "up"`. */
export const health = z
  .object({
    name: z.string().meta({ example: 'orders' }),
    version: z.string().meta({ example: '0.1.0' }),
    dependencies: z.record(z.string(), z.string()).meta({ example: { postgres: 'up', relay: 'leading' } }),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof health>;

export const gatewayHealth = health
  .extend({
    position: z.string().nullable().meta({ description: 'Of the live stream: `epoch:seq`' }),
    live: z.boolean(),
    clients: z.int(),
  })
  .meta({ id: 'GatewayHealth' });
export type GatewayHealth = z.infer<typeof gatewayHealth>;
