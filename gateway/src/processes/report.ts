import { gatewayHealth, type GatewayHealth } from '@live-orders/contracts/rest/health.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Registry } from 'prom-client';
import { z } from 'zod';

/** What a process that serves clients tells the primary, each time that it is sent a message. */
export const report = z.object({
  health: gatewayHealth,
  /** As `getMetricsAsJSON` of prom-client has them. */
  metrics: z.array(z.custom<object>((one) => typeof one === 'object' && one !== null)),
});
export type Report = z.infer<typeof report>;

/** Answers the primary in place of a port for operators, of which several processes have only one together. */
export const reporter = (of: { health: () => GatewayHealth; metrics: Registry }): Task => ({
  name: 'reporter',
  run: (signal) =>
    new Promise((resolve, reject) => {
      const answer = async (): Promise<void> => {
        const told: Report = { health: of.health(), metrics: await of.metrics.getMetricsAsJSON() };
        // A primary that is gone needs no answer, and this process ends as well.
        process.send?.(told, undefined, undefined, () => undefined);
      };
      const onMessage = (): void => void answer().catch(reject);
      process.on('message', onMessage);
      signal.addEventListener('abort', () => {
        process.off('message', onMessage);
        resolve();
      });
    }),
});
