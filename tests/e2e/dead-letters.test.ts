import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deadLetterTopic, replayHeader } from '@live-orders/contracts/kafka/dead-letters.ts';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { bridgeHealth } from '@live-orders/contracts/rest/health.ts';
import { messageBytes } from '@live-orders/contracts/redis/messages.ts';
import { ensureTopics } from '@live-orders/runtime/kafka/topics.ts';
import type { OutgoingRecord } from '@live-orders/runtime/kafka/outgoing-record.ts';
import { type IHeaders, withAdmin } from '@live-orders/runtime/kafka/client.ts';
import { Sender } from '@live-orders/runtime/kafka/sender.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';
import { kafkaOf } from '@live-orders/test-support/clients/topic.ts';

let system: System;
let staff: Api;
let socket: Socket;

beforeAll(async () => {
  system = await startSystem(await claimTerritory(inject('servers')));
  staff = await new Api(system.gatewayUrl).login('staff@example.com');
  socket = await Socket.open(staff);
});

afterAll(async () => {
  await socket.close();
  await system.stop();
  await system.territory.remove();
});

const full = (name: string): string => `${system.territory.prefix}${name}`;

const send = async (...records: OutgoingRecord[]): Promise<void> => {
  const sender = new Sender(kafkaOf(system.territory).kafka);
  await sender.send(records);
  await sender.close();
};

const read = async (name: string) => {
  const records: { key: string; value: string; headers: Record<string, string> }[] = [];
  await readTopic(
    kafkaOf(system.territory).kafka,
    { topic: full(name), groupPrefix: full('test.') },
    ({ key, value, headers = {} }) => {
      const texts = Object.fromEntries(Object.entries(headers).map(([header, text]) => [header, String(text)]));
      records.push({ key: String(key), value: String(value), headers: texts });
    },
    AbortSignal.timeout(20_000),
  );
  return records;
};

const deadLetters = (key: string) =>
  vi.waitFor(
    async () => {
      const letters = (await read(deadLetterTopic)).filter((letter) => letter.key === key);
      expect(letters.length).toBeGreaterThan(0);
      return letters;
    },
    { timeout: 20_000, interval: 250 },
  );

/** The headers of a good record of an order's event. */
const eventHeaders = (id: string, type: string): IHeaders => ({
  ce_id: crypto.randomUUID(),
  ce_type: type,
  ce_source: '/orders',
  ce_subject: id,
  ce_time: new Date().toISOString(),
  ce_specversion: '1.0',
  'content-type': 'application/json',
});

const place = async () => {
  const [product] = await staff.products();
  const placed = await staff.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
  await socket.next('new_order', ({ data }) => data.id === placed.id);
  return placed;
};

const dlq = async (...args: string[]): Promise<string> => {
  const program = join(import.meta.dirname, '../../deploy/local/tools/dlq.ts');
  const env = { ...process.env, KAFKA_BROKERS: system.territory.kafkaBrokers, KAFKA_PREFIX: system.territory.prefix };
  return (await promisify(execFile)(process.execPath, [program, ...args], { env })).stdout;
};

test('what cannot be read or is too large goes to the dead letters with its origin and the reason, and the rest flows on', async () => {
  const topic = full(aggregates.order.topic);
  const order = await place();
  const note = 'x'.repeat(messageBytes);
  await send(
    { topic, key: 'poison', value: 'no JSON', headers: { ce_type: 'order.created' } },
    {
      topic,
      key: 'oversize',
      value: JSON.stringify({ ...order, note, previous_status: 'pending', actor: null }),
      headers: eventHeaders(order.id, 'order.updated'),
    },
  );
  // One for each partition at least, so that some share the partitions of these.
  for (let round = 0; round < 12; round += 1) await place();

  const [poison] = await deadLetters('poison');
  expect(poison).toMatchObject({ value: 'no JSON', headers: { ce_type: 'order.created', dlq_topic: topic } });
  expect(poison?.headers.dlq_reason).toContain('ce_id');
  const [oversize] = await deadLetters('oversize');
  expect(oversize?.headers).toMatchObject({ ce_type: 'order.updated', dlq_topic: topic });
  expect(oversize?.headers.dlq_reason).toMatch(/^size: .* 262144 are the most$/);
});

test('dead letters are listed, and replayed once to the topic where they were', async () => {
  const topic = full(aggregates.order.topic);
  const order = await place();
  // As if an older bridge had not understood it.
  const changed = {
    ...order,
    version: order.version + 1,
    internal_note: 'replayed',
    previous_status: null,
    actor: null,
  };
  const origin = { dlq_topic: topic, dlq_partition: '0', dlq_offset: '77', dlq_reason: 'unheard of' };
  await send({
    topic: full(deadLetterTopic),
    key: order.id,
    value: JSON.stringify(changed),
    headers: { ...eventHeaders(order.id, 'order.updated'), ...origin },
  });
  expect(await dlq()).toMatch(new RegExp(`^new +\\d+  ${topic}/0@77  ${order.id}  unheard of$`, 'm'));

  const output = await dlq('replay');
  expect(output).toMatch(new RegExp(`^replayed  \\d+  ${topic}/0@77  ${order.id}  unheard of$`, 'm'));
  const update = await socket.next('order_update', ({ data }) => data.id === order.id);
  expect(update.data).toMatchObject({ internal_note: 'replayed', version: 2 });
  const copies = async () =>
    (await read(aggregates.order.topic)).filter(({ headers }) => headers[replayHeader] !== undefined);
  const [copy] = (await copies()).filter(({ key }) => key === order.id);
  expect(JSON.parse(copy?.value ?? '')).toEqual(changed);
  expect(Object.keys(copy?.headers ?? {}).filter((name) => name.startsWith('dlq_'))).toEqual([replayHeader]);

  // The poison of the test before is poison again, so it is a new dead letter; what was replayed is not sent again.
  await vi.waitFor(async () => expect(await deadLetters('poison')).toHaveLength(2), { timeout: 20_000 });
  expect(await dlq()).toMatch(new RegExp(`^replayed  \\d+  ${topic}/0@77`, 'm'));
  const before = (await copies()).length;
  expect(await dlq('replay')).toContain('2 of 2 replayed');
  expect((await copies()).filter(({ key }) => key === order.id)).toHaveLength(1);
  const offset = copy?.headers[replayHeader] ?? '';
  expect(await dlq('replay', '--offset', offset)).toContain('1 of 1 replayed');
  expect(await copies()).toHaveLength(before + 3);
}, 60_000);

test('while the dead letters cannot be written, the record stays where it is and is not passed over', async () => {
  const { kafka, settings } = kafkaOf(system.territory);
  const bridge = system.operationsUrl('bridge');
  const lag = async () => bridgeHealth.parse(await (await fetch(bridge)).json()).lag;
  const tries = async () =>
    Number(/outcome="dead".*} (\d+)/.exec(await (await fetch(`${bridge}/metrics`)).text())?.[1]);
  await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [full(deadLetterTopic)] }));
  const before = await tries();
  await send({ topic: full(aggregates.order.topic), key: 'stuck', value: 'no JSON either', headers: {} });
  await vi.waitFor(async () => expect(await tries()).toBeGreaterThan(before + 1), { timeout: 30_000 });
  await vi.waitFor(async () => expect((await lag())?.records).toBeGreaterThan(0), { timeout: 20_000 });
  await ensureTopics(kafka, settings);
  expect(await deadLetters('stuck')).toMatchObject([{ value: 'no JSON either' }]);
  await place();
  await vi.waitFor(async () => expect(await lag()).toMatchObject({ records: 0 }), { timeout: 20_000 });
}, 90_000);
