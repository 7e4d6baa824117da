import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect } from 'vitest';
import { z } from 'zod';

const lineOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`;
const known = Object.values(calls).map(lineOf);

describe('the table of calls', () => {
  const operation = z.object({ operationId: z.string(), responses: z.record(z.string(), z.unknown()) });
  const document = z.object({ paths: z.record(z.string(), z.record(z.string(), operation)) });
  /** Health pages, the event stream and the export: no client of the table calls them. */
  const leftOut = [
    'getHealthOf-users',
    'getHealthOf-orders',
    'getGatewayHealth',
    'getGatewayReadiness',
    'followEvents',
    'exportOrders',
  ];

  test('has every operation of the OpenAPI document, by its name, with its address and its status', async ({
    shop,
  }) => {
    const { body } = await shop.anybody.send('GET', '/docs/openapi.json');
    const operations = Object.entries(document.parse(body).paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, responses }]) => ({
        operationId,
        line: lineOf({ method: method.toUpperCase(), path }),
        statuses: Object.keys(responses).filter((status) => /^2/.test(status)),
      })),
    );
    const documented = operations.filter(({ operationId }) => !leftOut.includes(operationId));
    expect(operations).toHaveLength(documented.length + leftOut.length);
    expect(
      Object.fromEntries(documented.map(({ operationId, line, statuses }) => [operationId, [line, statuses]])),
    ).toEqual(
      Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, [lineOf(call), [String(call.status)]]])),
    );
  });
});

describe('the Postman collection', () => {
  const request = z.object({ method: z.string(), url: z.union([z.string(), z.object({ raw: z.string() })]) });
  interface Item {
    name: string;
    request?: z.infer<typeof request>;
    item?: Item[];
  }
  const item: z.ZodType<Item> = z.lazy(() =>
    z.object({ name: z.string(), request: request.optional(), item: z.array(item).optional() }),
  );
  const file = join(import.meta.dirname, '../../docs/Live-Order-Monitoring.postman_collection.json');
  const collection = z.object({ item: z.array(item) }).parse(JSON.parse(readFileSync(file, 'utf8')));
  const requestsOf = (items: Item[]): z.infer<typeof request>[] =>
    items.flatMap((one) => [...(one.request ? [one.request] : []), ...requestsOf(one.item ?? [])]);

  /** `GET /orders/api/orders/{id}`: whatever stands for an id. */
  const sent = requestsOf(collection.item).map(({ method, url }) => {
    const raw = typeof url === 'string' ? url : url.raw;
    const [path = ''] = raw.replace('{{gateway_url}}', '').split('?');
    return lineOf({ method, path: path.replace(/\{\{\w+_id\}\}|(?<=orders\/)\d+/, '{id}') });
  });
  /** Health pages, the export, and requests that are refused on purpose. */
  const beside = [
    'GET /',
    'GET /users/api',
    'GET /orders/api',
    'GET /orders/api/orders/export',
    'GET /ws',
    'GET /nowhere',
  ];

  test('makes every call of the table, and no other', () => {
    expect([...new Set(sent)].filter((line) => !beside.includes(line)).sort()).toEqual([...new Set(known)].sort());
    expect(beside.filter((line) => !sent.includes(line))).toEqual([]);
  });
});
