import { randomBytes } from 'node:crypto';
import { serviceHealth } from '@live-orders/contracts/rest/health.ts';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
import { outboxRow, toRecord } from '@live-orders/runtime/outbox/outbox-row.ts';
import { byKey } from '@live-orders/runtime/kafka/partitioner.ts';
import { ensureTopics } from '@live-orders/runtime/kafka/topics.ts';
import pg from 'pg';
import { z } from 'zod';
import { afterAll, expect, inject, vi } from 'vitest';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';
import { kafkaOf } from '@live-orders/test-support/clients/topic.ts';

let system: System;
let staff: Api;
let customer: Api;
let database: pg.Client;

test.beforeAll(({ shop, database: connected }) => {
  ({ system, staff, customer } = shop);
  database = connected;
});

afterAll(async () => {
  await database.query('DELETE FROM orders_outbox_dead');
});

const outboxHealth = async (of = system) =>
  serviceHealth.parse(await (await fetch(of.operationsUrl('orders'))).json()).outbox;
const key = crypto.randomUUID();

/** Events of a type that consumers ignore, in one transaction; `n` tells them apart. */
const insert = (events: { n: number; topic?: string; filling?: string }[]) =>
  database.query(
    `INSERT INTO orders_outbox (event_id, type, topic, key, value, request_id, traceparent)
     SELECT uuidv7(), 'order.tested', e.topic, $1, json_build_object('n', e.n, 'filling', e.filling), 'request ' || e.n, 'trace'
     FROM unnest($2::int[], $3::text[], $4::text[]) WITH ORDINALITY AS e (n, topic, filling, place) ORDER BY place`,
    [
      key,
      events.map(({ n }) => n),
      events.map(({ topic = aggregates.order.topic }) => topic),
      events.map(({ filling = '' }) => filling),
    ],
  );

test('rows that Kafka refuses for good are set aside with an alarm, and the others flow on in their order', async () => {
  const large = { n: 3, filling: randomBytes(1_500_000).toString('base64') };
  await insert([{ n: 1 }, { n: 2 }, large, { n: 4 }, { n: 5, topic: 'nowhere.v1' }, { n: 6 }]);
  await vi.waitFor(async () => expect(await outboxHealth()).toEqual({ depth: 0, oldest_ms: 0, dead: 2 }), {
    timeout: 20_000,
  });

  const socket = await Socket.open(staff);
  const [product] = await customer.products();
  const placed = await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
  await socket.next('new_order', ({ data }) => data.id === placed.id);
  await socket.close();

  const seen: unknown[] = [];
  const { kafka } = kafkaOf(system.territory);
  const { prefix } = system.territory;
  await readTopic(
    kafka,
    { topic: `${prefix}${aggregates.order.topic}`, groupPrefix: `${prefix}test.` },
    (record) => {
      if (String(record.key) === key) seen.push(JSON.parse(String(record.value)));
    },
    AbortSignal.timeout(20_000),
  );
  expect(seen).toEqual([1, 2, 4, 6].map((n) => ({ n, filling: '' })));

  const dead = await database.query(
    `SELECT (value->>'n')::int AS n, key, reason, request_id, traceparent, set_aside_at >= created_at AS later
     FROM orders_outbox_dead ORDER BY id`,
  );
  const kept = { key, traceparent: 'trace', later: true };
  expect(dead.rows).toEqual([
    { n: 3, reason: expect.stringContaining('larger than the max') as string, request_id: 'request 3', ...kept },
    { n: 5, reason: `there is no topic ${prefix}nowhere.v1`, request_id: 'request 5', ...kept },
  ]);
  expect(system.lines.filter((line) => line.includes('kafka refuses an event'))).toHaveLength(2);
  const metrics = await (await fetch(`${system.operationsUrl('orders')}/metrics`)).text();
  expect(metrics).toMatch(/^outbox_depth{part="orders"} 0$/m);
  expect(metrics).toMatch(/^outbox_oldest_ms{part="orders"} 0$/m);
  expect(metrics).toMatch(/^outbox_dead{part="orders"} 2$/m);
});

test('the health page counts the rows that wait for Kafka, and tells how long', async () => {
  const territory = await claimTerritory(inject('servers'));
  const cut = await startSystem(territory, ['orders'], { KAFKA_BROKERS: '127.0.0.1:1' });
  try {
    const read = () => outboxHealth(cut);
    // The products and orders of the demo. A database that is busy may first not tell in time.
    const before = await vi.waitFor(
      async () => {
        const outbox = await read();
        expect(outbox?.depth).toBeGreaterThan(100);
        return outbox;
      },
      { timeout: 20_000 },
    );
    await vi.waitFor(async () => expect((await read())?.oldest_ms).toBeGreaterThan(before?.oldest_ms ?? 0), {
      timeout: 20_000,
    });
    expect((await read())?.dead).toBe(0);
  } finally {
    await cut.stop();
    await territory.remove();
  }
});

test('rows that a relay of an earlier release sent, and was killed before it could delete them, are not sent again', async () => {
  const territory = await claimTerritory(inject('servers'));
  const { prefix } = territory;
  const connection = new pg.Client(territory.databaseUrl);
  let running: System | undefined;
  try {
    await (await startSystem(territory, ['orders'], { KAFKA_BROKERS: '127.0.0.1:1' })).stop();
    await connection.connect();
    const answer = await connection.query('SELECT *, value::text FROM orders_outbox ORDER BY id');
    const rows = z.array(outboxRow).parse(answer.rows);
    const sent = rows.slice(0, 3);
    const { kafka, settings } = kafkaOf(territory);
    await ensureTopics(kafka, settings);
    // Such a relay sent each batch in a transaction.
    const producer = kafka.producer({
      ...{ transactionalId: `${prefix}relay.orders_outbox`, maxInFlightRequests: 1, createPartitioner: byKey },
    });
    await producer.connect();
    const transaction = await producer.transaction();
    const records = sent.map((row) => toRecord(row, '/orders', prefix));
    for (const { topic, ...message } of records) await transaction.send({ topic, messages: [message] });
    await transaction.commit();
    await producer.disconnect();

    const started = await startSystem(territory, ['orders']);
    running = started;
    await vi.waitFor(async () => expect(await outboxHealth(started)).toMatchObject({ depth: 0 }), { timeout: 20_000 });
    const came: string[] = [];
    for (const aggregate of [aggregates.product, aggregates.order])
      await readTopic(
        kafka,
        { topic: `${prefix}${aggregate.topic}`, groupPrefix: `${prefix}test.` },
        ({ headers }) => came.push(String(headers?.ce_id)),
        AbortSignal.timeout(20_000),
      );
    const wanted = new Set(rows.map((row) => row.event_id));
    expect(came.filter((id) => wanted.has(id)).toSorted()).toEqual([...wanted].toSorted());
  } finally {
    await running?.stop();
    await connection.end();
    await territory.remove();
  }
});
