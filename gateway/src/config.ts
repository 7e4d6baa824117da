import { join } from 'node:path';
import { proxySecret } from '@live-orders/contracts/proxy-secret.ts';
import { loadConfig, settings } from '@live-orders/runtime/process/config.ts';
import { z } from 'zod';
import { originList } from './connections/origins.ts';
import { readProxies } from './http/callers.ts';
import { certificateFiles, checkCertificate } from './http/certificate.ts';

/** The gateway's settings; README.md says what each of them does. */
export const config = loadConfig(
  'gateway',
  z
    .object({
      ...settings.process,
      ...settings.port(3000),
      ...settings.operations,
      ...settings.operationsPort(3010),
      ...settings.redis,
      ...settings.tokens,
      ORDERS_URL: z.url().default('http://127.0.0.1:3001'),
      BRIDGE_URL: z.url().default('http://127.0.0.1:3004'),
      /** Where the services tell operators how far behind they are. */
      USERS_OPS_URL: z.url().default('http://127.0.0.1:3012'),
      ORDERS_OPS_URL: z.url().default('http://127.0.0.1:3011'),
      /** The dashboard, to which everything goes that is not the gateway's own; none: it has an address of its own. */
      DASHBOARD_URL: z.url({ protocol: /^https?$/ }).optional(),
      /** Pages of other addresses that may use the gateway, separated by commas. */
      ALLOWED_ORIGINS: originList,
      /** Events kept in memory for clients that come back. */
      HISTORY_LENGTH: z.coerce.number().int().min(0).max(100_000).default(5_000),
      MAX_CLIENTS: z.coerce.number().int().min(1).default(10_000),
      MAX_CLIENTS_PER_USER: z.coerce.number().int().min(1).default(50),
      MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).default(500),
      REQUESTS_PER_MINUTE_PER_USER: z.coerce.number().int().min(1).default(1_200),
      REQUESTS_PER_MINUTE_PER_ADDRESS: z.coerce.number().int().min(1).default(600),
      /** Shared with the dashboard, which proves by it that it may say for whom it calls. */
      PROXY_SECRET: proxySecret.optional(),
      /** Whose X-Forwarded-For is believed: addresses, networks, `loopback`. */
      TRUSTED_PROXIES: z
        .string()
        .default('loopback')
        .transform((text, context) => {
          try {
            return readProxies(text);
          } catch (error) {
            context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
            return z.NEVER;
          }
        }),
      /** For how long an idle connection stays open: longer than the balancer before the gateway keeps its own. */
      KEEP_ALIVE_SECONDS: z.coerce.number().int().min(1).max(3_600).default(75),
      /** Above 1, so many processes share PORT, and one more keeps them running and answers at OPS_PORT. */
      GATEWAY_PROCESSES: z.coerce.number().int().min(1).max(64).default(1),
      ...certificateFiles,
    })
    .superRefine(checkCertificate),
  join(import.meta.dirname, '..'),
);
