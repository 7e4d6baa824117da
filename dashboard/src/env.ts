import { defineEnvVars } from '@sveltejs/kit/env';
import { proxySecret } from '@live-orders/contracts/proxy-secret.ts';
import { z } from 'zod';

/** An optional text. Compose files give an empty string to a variable that is not set. */
const text = z
  .string()
  .optional()
  .transform((value) => value || undefined);

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

export const variables = defineEnvVars({
  GATEWAY_URL: {
    schema: text.pipe(httpUrl.default('http://127.0.0.1:3000')),
    description: 'Where this server reaches the gateway',
  },
  PROXY_SECRET: {
    schema: text.pipe(proxySecret.optional()),
    description:
      'The gateway’s PROXY_SECRET, so that it counts attempts by the browsers’ addresses; not needed on one machine',
  },
  PUBLIC_GATEWAY_URL: {
    schema: text.pipe(httpUrl.optional()),
    description:
      'Where browsers reach the gateway’s WebSocket; default: the page’s address behind the gateway or a proxy, else its host',
  },
  PUBLIC_GATEWAY_PORT: {
    schema: text.pipe(z.coerce.number<string>('must be a port').int().min(1).max(65_535).default(3000)),
    description: 'The gateway’s port for browsers that open the dashboard’s own address',
  },
  ORIGIN: {
    schema: text.pipe(httpUrl.transform((url) => new URL(url).origin).optional()),
    description: 'The address that people open; needed only behind a proxy that ends TLS or changes the Host header',
  },
  NODE_ENV: {
    schema: text.pipe(z.string().default('development')),
    description: '`production` hides the demo accounts',
  },
});
