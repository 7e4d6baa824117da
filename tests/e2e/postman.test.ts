import { join } from 'node:path';
import newman, { type NewmanRunSummary } from 'newman';
import { expect, vi } from 'vitest';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

const docs = join(import.meta.dirname, '../../docs');
let system: System;

test.beforeAll(async ({ shop }) => {
  ({ system } = shop);
  // The gateway has to hear of each stage first.
  await vi.waitFor(
    async () => expect(await (await fetch(system.operationsUrl('gateway'))).json()).toMatchObject({ live: true }),
    20_000,
  );
});

/** Runs the whole collection; rejects only when it cannot be run at all. */
const runCollection = (): Promise<NewmanRunSummary> =>
  new Promise((resolve, reject) => {
    newman.run(
      {
        collection: join(docs, 'Live-Order-Monitoring.postman_collection.json'),
        environment: join(docs, 'Local-Development.postman_environment.json'),
        envVar: [{ key: 'gateway_url', value: system.gatewayUrl }],
        timeoutRequest: 10_000,
      },
      (error, summary) => (error ? reject(error) : resolve(summary)),
    );
  });

const failuresOf = ({ run }: NewmanRunSummary): string[] =>
  run.failures.map(({ source, error }) => `${source?.name ?? 'collection'}: ${error.test}: ${error.message}`);

// Twice on the same system: a person runs it again and again.
test.each(['a first', 'a second'])(
  'the Postman collection passes %s time',
  async () => {
    const summary = await runCollection();
    expect(failuresOf(summary)).toEqual([]);
    const { requests, assertions } = summary.run.stats;
    expect(requests).toMatchObject({ failed: 0, pending: 0 });
    expect(requests.total).toBeGreaterThan(60);
    expect(assertions.total).toBeGreaterThan(200);
    // A request without a test of its own would pass whatever it answers.
    const untested = summary.run.executions.filter(({ assertions: checks }) => checks.length < 2);
    expect(untested.map(({ item }) => item.name)).toEqual([]);
  },
  60_000,
);
