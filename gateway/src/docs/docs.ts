import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { describeApi } from '@live-orders/runtime/api/openapi.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
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

/** For so long the merged document is given out again: it costs 90 ms, and anybody may ask for it. */
const documentMs = 10_000;

/** What `make` gives, made anew once it is this old. What fails is not kept; who asks while it is made waits for the same. */
const keep = <T>(ms: number, make: () => Promise<T>): (() => Promise<T>) => {
  let kept: Promise<T> | null = null;
  let until = 0;
  return () => {
    if (kept && performance.now() < until) return kept;
    const made = make();
    kept = made;
    until = performance.now() + ms;
    made.catch(() => {
      if (kept === made) kept = null;
    });
    return made;
  };
};

interface DocsOptions {
  usersUrl: string;
  ordersUrl: string;
  /** Lets anybody in, and counts the requests of each address: packing a document costs 15 ms a time. */
  counted: MiddlewareHandler<AuthEnv>;
  log: Log;
}

/**
 * Registers `/docs`, a page on which to read and try the API, with what it loads; `/docs/openapi.json`, the document that it
 * shows; and `/docs/asyncapi.json`, the document of the events. All of it is for anybody.
 */
export const registerDocs = (app: OpenAPIHono<AuthEnv>, { usersUrl, ordersUrl, counted, log }: DocsOptions): void => {
  app.use('/docs/*', compress());
  app.get('/docs', counted, (c) => c.html(renderPage(), 200, { 'content-security-policy': policy }));
  const openApi = keep(documentMs, async () => {
    const [users, orders] = await Promise.all([
      fetchDocument('users', usersUrl, log),
      fetchDocument('orders', ordersUrl, log),
    ]);
    return mergeDocuments(describeApi(app, about), [
      ['/users', users],
      ['/orders', orders],
    ]);
  });
  app.get('/docs/openapi.json', counted, async (c) => c.json(await openApi()));
  app.get('/docs/asyncapi.json', counted, (c) => c.json(asyncApiDocument));
  for (const [name, { folder, type }] of Object.entries(assets)) {
    let content: string | undefined;
    app.get(`/docs/${name}`, counted, (c) => {
      content ??= readFileSync(join(folder, name), 'utf8');
      return c.body(content, 200, { 'content-type': type, 'cache-control': 'public, max-age=3600' });
    });
  }
};
