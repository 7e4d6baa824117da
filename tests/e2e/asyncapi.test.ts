import { calls } from '@live-orders/contracts/rest/calls.ts';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { deadLetterTopic } from '@live-orders/contracts/kafka/dead-letters.ts';
import { eventTypes } from '@live-orders/contracts/domain/events.ts';
import { serverMessage } from '@live-orders/contracts/socket/messages.ts';
import { connectKafka } from '@live-orders/runtime/kafka/client.ts';
import { Sender } from '@live-orders/runtime/kafka/sender.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { expect, vi } from 'vitest';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { asyncApi, AsyncApiChecker } from '@live-orders/test-support/asyncapi.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

let system: System;
let checker: AsyncApiChecker;
let admin: Api;
let customer: Api;

test.beforeAll(async ({ shop }) => {
  ({ system, admin, customer } = shop);
  checker = new AsyncApiChecker(asyncApi.parse((await shop.anybody.send('GET', '/docs/asyncapi.json')).body));
});

/** Makes one change of every kind; resolves to the ids of order, product and user. */
const changeEverything = async () => {
  const given = { name: 'Lamp', price: 100, stock: 10 };
  const lamp = await admin.call(calls.createProduct, { body: given });
  await admin.call(calls.changeProduct, { id: lamp.id, body: { price: 200 } });
  const placed = await customer.placeOrder([{ product_id: lamp.id, quantity: 1 }]);
  await admin.move(placed.id, 'confirmed');
  await admin.send('PATCH', `/orders/api/orders/${placed.id}`, { body: { internal_note: 'Fragile' } });
  const user = customer.session?.user.id ?? '';
  await admin.call(calls.changeUser, { id: user, body: { name: 'Renamed' } });
  await admin.call(calls.changeUser, { id: user, body: { active: false } });
  return { order: placed.id, product: lamp.id, user };
};

/** Of a slow client, of a token near its end, of a gateway that stops, and of the other transport. */
const rare = ['skipped', 'expiring', 'move', 'bye'];

const poison = crypto.randomUUID();

interface RecordSeen {
  topic: string;
  key: string;
  headers: Record<string, string>;
  value: string;
}

/** Reads the records of these keys, and writes one that cannot be read. */
const readTopics = async (
  names: string[],
  keys: string[],
  enough: (records: RecordSeen[]) => void,
): Promise<RecordSeen[]> => {
  const { kafkaBrokers, prefix } = system.territory;
  const settings = { KAFKA_BROKERS: [kafkaBrokers], KAFKA_PREFIX: prefix, KAFKA_PARTITIONS: 3, KAFKA_REPLICATION: 1 };
  const kafka = connectKafka(settings, 'asyncapi', createLog('asyncapi', 'silent'));
  const sender = new Sender(kafka);
  await sender.send([
    { topic: `${prefix}${aggregates.order.topic}`, key: poison, value: 'no JSON', headers: { ce_type: 'x' } },
  ]);
  await sender.close();
  const records: RecordSeen[] = [];
  const consumer = kafka.consumer({ groupId: `${prefix}asyncapi` });
  await consumer.connect();
  await consumer.subscribe({ topics: names.map((name) => `${prefix}${name}`), fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      const key = String(message.key);
      if (!keys.includes(key)) return;
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
      const value = String(message.value);
      records.push({ topic: topic.slice(prefix.length), key, headers: Object.fromEntries(headers), value });
    },
  });
  await vi.waitFor(() => enough(records), { timeout: 20_000 });
  await consumer.disconnect();
  return records;
};

test('every kind of record and message that the system sends is as the AsyncAPI document says', async () => {
  const sockets = await Promise.all([
    Socket.open(admin),
    Socket.open(customer),
    Socket.open(admin, { since: 'nonsense' }),
  ]);
  const [team] = sockets;
  team.raw.send(JSON.stringify({ event: 'ping' }));
  team.raw.send(JSON.stringify({ event: 'look', order_id: crypto.randomUUID(), doing: 'viewing' }));
  team.raw.send(JSON.stringify({ event: 'renew', token: admin.session?.access_token }));
  const changed = await changeEverything();
  await team.next('order_update', ({ data }) => data.id === changed.order);
  await team.next('user_update', ({ data }) => !data.active);
  await Promise.all([team.next('heartbeat'), team.next('pong'), team.next('presence'), team.next('renewed')]);

  const messages = sockets.flatMap((socket) => socket.messages);
  for (const message of messages) expect(checker.payload(message.event, message), message.event).toEqual([]);
  const kinds = serverMessage.options.map(({ shape }) => shape.event.value);
  expect([...new Set(messages.map(({ event }) => event)), ...rare].sort()).toEqual(kinds.sort());

  const names = Object.values(aggregates).map(({ topic }) => topic);
  const records = await readTopics([...names, deadLetterTopic], [poison, ...Object.values(changed)], (seen) => {
    const types = new Set(seen.map(({ headers }) => headers.ce_type));
    for (const type of eventTypes) expect(types).toContain(type);
    expect(seen.map(({ topic }) => topic)).toContain(deadLetterTopic);
  });
  const dead = records.filter(({ topic }) => topic === deadLetterTopic);
  for (const { headers } of dead) expect(checker.headers('dead_letter', headers)).toEqual([]);
  for (const { key, headers, value } of records) {
    const type = headers.ce_type ?? '';
    if (key === poison) continue;
    expect(checker.headers(type, headers), type).toEqual([]);
    expect(checker.payload(type, JSON.parse(value)), type).toEqual([]);
  }
  await Promise.all(sockets.map((socket) => socket.close()));
});
