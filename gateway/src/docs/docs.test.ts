import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import { guard } from '@live-orders/runtime/http/policy.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { registerDocs } from './docs.ts';

let service: Server;
let asked: number;
let isWell: boolean;
let ask: () => Promise<Response>;

beforeEach(async () => {
  asked = 0;
  isWell = true;
  service = createServer((_request, response) => {
    asked += 1;
    response.end(isWell ? JSON.stringify({ paths: {}, tags: [], components: { schemas: {} } }) : 'not yet');
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = z.object({ port: z.int() }).parse(service.address());
  const log = createLog('gateway', 'silent');
  const app = createApp<AuthEnv>(log);
  const url = `http://127.0.0.1:${port}`;
  registerDocs(app, { usersUrl: url, ordersUrl: url, counted: guard('public'), log });
  ask = async () => app.request('/docs/openapi.json');
});

afterEach(() => {
  service.closeAllConnections();
  service.close();
});

test('however many ask for the document, it is made of those of both services once', async () => {
  const together = await Promise.all(Array.from({ length: 20 }, ask));
  for (const answer of [...together, await ask()]) expect(answer.status).toBe(200);
  expect(asked).toBe(2);
});

test('a document that could not be made is not kept', async () => {
  isWell = false;
  expect((await ask()).status).toBe(502);
  isWell = true;
  expect((await ask()).status).toBe(200);
});
