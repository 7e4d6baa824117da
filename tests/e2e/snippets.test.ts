import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { withAdmin } from '@live-orders/runtime/kafka/client.ts';
import { Sender } from '@live-orders/runtime/kafka/sender.ts';
import { afterEach, expect, vi } from 'vitest';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { kafkaOf } from '@live-orders/test-support/clients/topic.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

const root = join(import.meta.dirname, '../..');
let system: System;
let staff: Api;
let customer: Api;
const running: ChildProcess[] = [];

test.beforeAll(({ shop }) => {
  ({ system, staff, customer } = shop);
});

afterEach(() => {
  for (const child of running.splice(0)) child.kill();
});

/** The first block of code in a language, as a reader copies it. */
const snippet = (file: string, language: string): string => {
  const [, code] =
    new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(readFileSync(join(root, file), 'utf8')) ?? [];
  if (code === undefined) throw new Error(`${file} has no ${language}`);
  return code;
};

/** Runs code in the root of the checkout against the system under test. */
const run = (command: string, args: string[]) => {
  const { kafkaBrokers } = system.territory;
  const env = { ...process.env, GATEWAY_URL: system.gatewayUrl, KAFKA_BROKERS: kafkaBrokers, NODE_NO_WARNINGS: '1' };
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => (output.text += data.toString()));
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { output, ended };
};

const runModule = (code: string) => run(process.execPath, ['--input-type=module', '--eval', code]);
const soon = { timeout: 20_000, interval: 100 };

test('the example of docs/rest.md places an order, confirms it and is refused a jump', async () => {
  const { output, ended } = run('sh', ['-c', snippet('docs/rest.md', 'sh')]);
  expect(await ended).toBe(0);
  expect(output.text).toMatch(/HTTP\/1.1 200 OK[^]+"status":"confirmed"[^]+"code":"invalid_transition"/);
});

/** The program of docs/events.md, reading this topic. */
const replay = (topic: string): string =>
  snippet('docs/events.md', 'js').replace(`'${aggregates.order.topic}'`, `'${topic}'`);

test('the program of docs/events.md folds the topic into the orders that the database holds', async () => {
  const { prefix } = system.territory;
  const orders = await staff.orders();
  const code = replay(`${prefix}${aggregates.order.topic}`);
  await vi.waitFor(async () => {
    const { output, ended } = runModule(code);
    expect(await ended).toBe(0);
    expect(output.text).toContain(`${orders.length} orders`);
  }, soon);
});

test('the program of docs/events.md ends on an empty topic, and skips what it cannot read', async () => {
  const { kafka } = kafkaOf(system.territory);
  const topic = `${system.territory.prefix}replay`;
  await withAdmin(kafka, (admin) =>
    admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] }),
  );
  const empty = runModule(replay(topic));
  expect(await empty.ended).toBe(0);
  expect(empty.output.text).toBe('0 orders {}\n');

  const value = JSON.stringify({ id: 'one', version: 1, status: 'pending', total_amount: 700 });
  const headers = { ce_type: 'order.created' };
  const sender = new Sender(kafka);
  await sender.send([
    { topic, key: 'one', value: 'no JSON', headers },
    { topic, key: 'one', value, headers: {} },
    { topic, key: 'one', value: null, headers },
    { topic, key: 'one', value, headers },
  ]);
  await sender.close();
  const odd = runModule(replay(topic));
  expect(await odd.ended).toBe(0);
  expect(odd.output.text).toContain('1 orders { pending: 700 }');
  expect(odd.output.text.match(/^skipped partition 0, offset \d+: .+$/gm)).toHaveLength(3);
}, 60_000);

test('the client of docs/realtime.md follows the stream through a restart of the gateway', async () => {
  const [product] = await customer.products();
  const place = () => customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
  const { output } = runModule(snippet('docs/realtime.md', 'js'));
  await vi.waitFor(() => expect(output.text).toMatch(/live from .+\n\d+ orders/), soon);
  const first = await place();
  await vi.waitFor(() => expect(output.text).toContain(`new_order ${first.number} pending`), soon);
  await system.restart('gateway');
  const second = await place();
  await vi.waitFor(() => expect(output.text).toMatch(/closed \d+[^]+caught up to/), soon);
  await vi.waitFor(() => expect(output.text).toContain(`new_order ${second.number} pending`), soon);
  // Asked to stop instead of killed, the gateway tells its clients to move.
  await system.part('gateway').stop();
  await system.part('gateway').start();
  const third = await place();
  await vi.waitFor(() => expect(output.text).toContain(`new_order ${third.number} pending`), soon);
  expect(output.text.match(/caught up to/g)).toHaveLength(2);
});
