import type { AuthEnv, Identity, Verify } from '@live-orders/runtime/http/auth.ts';
import { registerDocument, registerHealth } from '@live-orders/runtime/api/common-routes.ts';
import type { Denials } from '@live-orders/runtime/audit/denials.ts';
import { recordDenials } from '@live-orders/runtime/audit/record-denials.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import { guard, withAuthority } from '@live-orders/runtime/http/policy.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { typeOfDenial } from './audit/denied.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { Limits } from './limits/limits.ts';
import { registerAuthRoutes } from './routes/auth.ts';
import { registerSecurityEventRoutes } from './routes/security-events.ts';
import { registerUserRoutes } from './routes/users.ts';
import type { Hasher } from './passwords/hashing.ts';
import { toUser } from './rows.ts';
import type { Sessions } from './sessions.ts';
import type { Signer } from './tokens.ts';
import type { Users } from './users.ts';

export interface UsersOptions {
  log: Log;
  users: Users;
  sessions: Sessions;
  signer: Signer;
  limits: Limits;
  verify: Verify;
  hasher: Hasher;
  trail: AuditTrail;
  denials: Pick<Denials, 'record'>;
}

const about = {
  title: 'Users',
  description: 'Accounts, logins and sessions.',
  tags: [
    { name: 'auth', description: 'Logging in, and the life of sessions' },
    { name: 'users', description: 'The own profile; for the team its members; for administrators all users' },
    { name: 'security', description: 'What concerns security: who got in, who did not, and who changed what' },
    { name: 'health', description: 'Whether the service runs' },
  ],
};

/** The HTTP app of the users service, not listening yet. */
export const createUsersApp = (options: UsersOptions): OpenAPIHono<AuthEnv> => {
  const { verify, sessions } = options;
  // An administrator who was just deactivated must not undo that with a token that is valid for some minutes more. This
  // service owns sessions and roles, so it looks up both.
  const userNow = async ({ session_id }: Identity) => toUser(await sessions.user(session_id));
  const app = createApp<AuthEnv>(
    options.log,
    withAuthority({ verify, userNow }),
    recordDenials(options.denials, typeOfDenial),
  );
  const api = app.basePath('/api');
  registerHealth(api, 'users');
  registerDocument(api, about);
  app.get('/.well-known/jwks.json', guard('public'), (c) =>
    c.json(options.signer.keySet, 200, { 'cache-control': 'public, max-age=300' }),
  );
  registerAuthRoutes(api, options);
  registerUserRoutes(api, options);
  registerSecurityEventRoutes(api, options);
  return app;
};
