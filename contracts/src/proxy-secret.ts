import { z } from 'zod';

/** The header by which the dashboard's server proves to the gateway that it is the one that says whom it calls for. */
export const proxySecretHeader = 'x-proxy-secret';

/** The setting PROXY_SECRET of both. */
export const proxySecret = z.string().min(32, 'must have at least 32 characters');
