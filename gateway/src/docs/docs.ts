import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCatalogue } from '@live-orders/contracts/rest/errors.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { describeApi } from '@live-orders/runtime/http/openapi.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { compress } from 'hono/compress';
import { z } from 'zod';
import { asyncApiDocument } from './asyncapi.ts';
import { renderPage } from './page.ts';

const swagger = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
const own = import.meta.dirname;

/** What the page loads, all of it from here. */
const assets = {
  'swagger-ui.css': { folder: swagger, type: 'text/css; charset=utf-8' },
  'swagger-ui-bundle.js': { folder: swagger, type: 'text/javascript; charset=utf-8' },
  'page.css': { folder: own, type: 'text/css; charset=utf-8' },
  'page.js': { folder: own, type: 'text/javascript; charset=utf-8' },
};

/** Nothing from elsewhere, no inline script or style; the page may call this gateway alone. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const operation = z.looseObject({ responses: z.record(z.string(), z.unknown()) });
const serviceDocument = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  tags: z.array(z.looseObject({ name: z.string() })),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});
type ServiceDocument = z.infer<typeof serviceDocument>;

const fetchDocument = async (name: string, base: string): Promise<ServiceDocument> => {
  try {
    const answer = await fetch(new URL('/api/openapi.json', base), { signal: AbortSignal.timeout(3_000) });
    return serviceDocument.parse(await answer.json());
  } catch {
    const detail = `The ${name} service does not show its document at the moment.`;
    throw new ProblemError('upstream_unavailable', detail, {}, { 'retry-after': '2' });
  }
};

/** Answers that only a call through the gateway meets. */
const upstreamProblems = Object.fromEntries(
  (['upstream_unavailable', 'upstream_timeout'] as const).map((code) => [
    errorCatalogue[code].status,
    {
      description: `\`${code}\`: ${errorCatalogue[code].title}`,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]),
);

/** The paths of a service as they are called here. */
const throughGateway = (prefix: string, { paths }: ServiceDocument): ServiceDocument['paths'] =>
  Object.fromEntries(
    Object.entries(paths).map(([path, operations]) => [
      `${prefix}${path}`,
      Object.fromEntries(
        Object.entries(operations).map(([method, found]) => [
          method,
          {
            ...found,
            ...(found.operationId === 'getHealth' ? { operationId: `getHealthOf${prefix.replace('/', '-')}` } : {}),
            responses: { ...found.responses, ...upstreamProblems },
          },
        ]),
      ),
    ]),
  );

const union = <T>(records: Record<string, T>[]): Record<string, T> =>
  Object.fromEntries(records.flatMap((record) => Object.entries(record)));

const about = {
  title: 'Live Order Monitoring',
  description:
    'Everything that the gateway answers: the users and the orders service, and tickets for the live stream. ' +
    'Log in, then give the `access_token` under *Authorize*. Every error has a stable `code`: ' +
    '[the catalogue](#errors) has them all.',
  tags: [{ name: 'live', description: 'Tickets for the live stream, and the health of the gateway' }],
};

/** One document of the gateway's own calls and those of both services; their shared schemas have the same names. */
const mergeDocuments = (own: unknown, services: [prefix: string, document: ServiceDocument][]) => {
  const documents = services.map(([, document]) => document);
  const base = serviceDocument.parse(own);
  const tags = new Map([...documents, base].flatMap((one) => one.tags.map((tag) => [tag.name, tag])));
  return {
    ...base,
    servers: [{ url: '/' }],
    tags: [...tags.values()],
    paths: union([...services.map(([prefix, one]) => throughGateway(prefix, one)), base.paths]),
    components: {
      ...base.components,
      schemas: union([...documents, base].map((one) => one.components.schemas)),
    },
  };
};

/** `/docs`, a page to read and try the API, `/docs/openapi.json`, what it shows, and `/docs/asyncapi.json`, the events. */
export const serveDocs = (
  app: OpenAPIHono<AuthEnv>,
  { usersUrl, ordersUrl }: { usersUrl: string; ordersUrl: string },
): void => {
  app.use('/docs/*', compress());
  app.get('/docs', (c) => c.html(renderPage(), 200, { 'content-security-policy': policy }));
  app.get('/docs/openapi.json', async (c) => {
    const [users, orders] = await Promise.all([fetchDocument('users', usersUrl), fetchDocument('orders', ordersUrl)]);
    return c.json(
      mergeDocuments(describeApi(app, about), [
        ['/users', users],
        ['/orders', orders],
      ]),
    );
  });
  app.get('/docs/asyncapi.json', (c) => c.json(asyncApiDocument));
  for (const [name, { folder, type }] of Object.entries(assets)) {
    let content: string | undefined;
    app.get(`/docs/${name}`, (c) => {
      content ??= readFileSync(join(folder, name), 'utf8');
      return c.body(content, 200, { 'content-type': type, 'cache-control': 'public, max-age=3600' });
    });
  }
};
