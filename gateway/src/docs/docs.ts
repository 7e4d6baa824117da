import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { describeApi } from '@live-orders/runtime/api/openapi.ts';
import { guard } from '@live-orders/runtime/http/policy.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { compress } from 'hono/compress';
import { asyncApiDocument } from './asyncapi.ts';
import { about, fetchDocument, mergeDocuments } from './openapi.ts';
import { renderPage } from './page.ts';

const swagger = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
const here = import.meta.dirname;

/** The files that the page loads: Swagger UI from its package, and ours from this folder. */
const assets = {
  'swagger-ui.css': { folder: swagger, type: 'text/css; charset=utf-8' },
  'swagger-ui-bundle.js': { folder: swagger, type: 'text/javascript; charset=utf-8' },
  'page.css': { folder: here, type: 'text/css; charset=utf-8' },
  'page.js': { folder: here, type: 'text/javascript; charset=utf-8' },
};

/** The page's Content-Security-Policy: nothing from elsewhere, no inline script or style, and calls to this gateway alone. */
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

/**
 * Registers `/docs`, a page on which to read and try the API, with what it loads; `/docs/openapi.json`, the document that it
 * shows; and `/docs/asyncapi.json`, the document of the events. All of it is for anybody.
 */
export const registerDocs = (
  app: OpenAPIHono<AuthEnv>,
  { usersUrl, ordersUrl, log }: { usersUrl: string; ordersUrl: string; log: Log },
): void => {
  app.use('/docs/*', compress());
  app.get('/docs', guard('public'), (c) => c.html(renderPage(), 200, { 'content-security-policy': policy }));
  app.get('/docs/openapi.json', guard('public'), async (c) => {
    const [users, orders] = await Promise.all([
      fetchDocument('users', usersUrl, log),
      fetchDocument('orders', ordersUrl, log),
    ]);
    return c.json(
      mergeDocuments(describeApi(app, about), [
        ['/users', users],
        ['/orders', orders],
      ]),
    );
  });
  app.get('/docs/asyncapi.json', guard('public'), (c) => c.json(asyncApiDocument));
  for (const [name, { folder, type }] of Object.entries(assets)) {
    let content: string | undefined;
    app.get(`/docs/${name}`, guard('public'), (c) => {
      content ??= readFileSync(join(folder, name), 'utf8');
      return c.body(content, 200, { 'content-type': type, 'cache-control': 'public, max-age=3600' });
    });
  }
};
