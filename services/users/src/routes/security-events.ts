import { securityEventPage, securityEventQuery } from '@live-orders/contracts/rest/security-events.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { json } from '@live-orders/runtime/api/openapi.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import type { AuditTrail } from '../audit/trail.ts';

const list = route({
  policy: ['admin'],
  method: 'get',
  path: '/security-events',
  operationId: 'listSecurityEvents',
  summary: 'List security events',
  tags: ['security'],
  request: { query: securityEventQuery },
  responses: { 200: json(securityEventPage, 'Security events, newest first') },
  problems: [422],
});

/** What concerns security, for administrators. */
export const registerSecurityEventRoutes = (app: OpenAPIHono<AuthEnv>, { trail }: { trail: AuditTrail }): void => {
  app.openapi(list, async (c) => c.json(await trail.list(c.req.valid('query')), 200));
};
