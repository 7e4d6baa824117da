import type { AuthEnv, Verify } from '@live-orders/runtime/http/auth.ts';
import { type ServiceHealth, serviceHealth } from '@live-orders/contracts/rest/health.ts';
import { serveDocument } from '@live-orders/runtime/http/openapi.ts';
import { serveHealth } from '@live-orders/runtime/http/common-routes.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { serveMetrics } from '@live-orders/runtime/process/metrics.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Registry } from 'prom-client';
import type { LoginGuard } from './login-guard.ts';
import { authRoutes } from './routes/auth.ts';
import { userRoutes } from './routes/users.ts';
import type { Sessions } from './sessions.ts';
import type { Signer } from './tokens.ts';
import type { Users } from './users.ts';

export interface UsersPlan {
  log: Log;
  metrics: Registry;
  users: Users;
  sessions: Sessions;
  signer: Signer;
  guard: LoginGuard;
  verify: Verify;
  bcryptCost: number;
  health: () => Promise<ServiceHealth>;
}

const about = {
  title: 'Users',
  description: 'Accounts, logins and sessions.',
  tags: [
    { name: 'auth', description: 'Logging in, and the life of sessions' },
    { name: 'users', description: 'The own profile; for administrators all users' },
    { name: 'health', description: 'Whether the service runs' },
  ],
};

/** The HTTP app of the users service, not listening yet. */
export const createUsersApp = (plan: UsersPlan): OpenAPIHono<AuthEnv> => {
  const app = createApp<AuthEnv>(plan.log);
  const api = app.basePath('/api');
  serveHealth(api, serviceHealth, plan.health);
  serveDocument(api, about);
  app.get('/.well-known/jwks.json', (c) => c.json(plan.signer.keySet, 200, { 'cache-control': 'public, max-age=300' }));
  serveMetrics(app, plan.metrics);
  authRoutes(api, plan);
  userRoutes(api, plan);
  return app;
};
