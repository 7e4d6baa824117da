import { eventHeaders } from '@live-orders/contracts/kafka/headers.ts';
import { eventCatalogue } from '@live-orders/contracts/domain/events.ts';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { redisMessage, type RedisMessage } from '@live-orders/contracts/redis/messages.ts';
import { connectKafka, type IHeaders } from '@live-orders/runtime/kafka/client.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { Redis } from 'ioredis';
import { describe, expect, vi } from 'vitest';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

let system: System;
let anybody: Api;
let staff: Api;
let customer: Api;

test.beforeAll(({ shop }) => {
  ({ system, anybody, staff, customer } = shop);
});

const withoutActor = <T extends object>(value: T): Omit<T, 'actor' | 'previous_status'> => {
  const copy: T & { actor?: unknown; previous_status?: unknown } = { ...value };
  delete copy.actor;
  delete copy.previous_status;
  return copy;
};

/** Every record of the orders topic that speaks of one order, in the order of their offsets. */
const readTopic = async (orderId: string, count: number): Promise<{ headers: IHeaders; value: unknown }[]> => {
  const { env, prefix } = system.territory;
  const kafka = connectKafka(
    {
      KAFKA_BROKERS: [env.KAFKA_BROKERS ?? ''],
      KAFKA_PREFIX: prefix,
      KAFKA_PARTITIONS: 3,
      KAFKA_REPLICATION: 1,
    },
    'journey',
    createLog('journey', 'silent'),
  );
  const consumer = kafka.consumer({ groupId: `${prefix}journey` });
  const records: { headers: IHeaders; value: unknown }[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: `${prefix}${aggregates.order.topic}`, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.key?.toString() !== orderId) return;
        records.push({ headers: message.headers ?? {}, value: JSON.parse(message.value?.toString() ?? '') });
      },
    });
    await vi.waitFor(() => expect(records.length).toBeGreaterThanOrEqual(count), { timeout: 20_000 });
  } finally {
    await consumer.disconnect();
  }
  return records;
};

const subscribe = async () => {
  const { redisHost, redisPort, prefix } = system.territory;
  const redis = new Redis({ host: redisHost, port: redisPort });
  const messages: RedisMessage[] = [];
  redis.on('message', (_channel, text: string) => messages.push(redisMessage.parse(JSON.parse(text))));
  await redis.subscribe(`${prefix}${aggregates.order.channel}`);
  return { messages, close: () => redis.disconnect() };
};

describe('one order on its way', () => {
  test('is the same in the database, on Kafka, on Redis and on the socket, in the order of its versions', async ({
    database,
  }) => {
    const channel = await subscribe();
    const socket = await Socket.open(staff);
    const [first, second] = await customer.products();
    const placed = await customer.placeOrder(
      [
        { product_id: first?.id ?? '', quantity: 2 },
        { product_id: second?.id ?? '', quantity: 1 },
      ],
      'Ring twice',
    );
    const states: Order[] = [await staff.order(placed.id)];
    for (const status of ['confirmed', 'preparing', 'shipped', 'delivered'] as const) {
      states.push(await staff.move(placed.id, status));
    }
    await socket.next('order_status_update', ({ data }) => data.id === placed.id && data.version === 5);

    const { rows } = await database.query(
      `SELECT o.status, o.version, o.total_amount, o.note, count(h.*)::int AS steps, max(h.version) AS last_step
       FROM orders o JOIN order_status_history h ON h.order_id = o.id WHERE o.id = $1 GROUP BY o.id`,
      [placed.id],
    );
    expect(rows).toEqual([
      {
        status: 'delivered',
        version: 5,
        total_amount: String((first?.price ?? 0) * 2 + (second?.price ?? 0)),
        note: 'Ring twice',
        steps: 5,
        last_step: 5,
      },
    ]);

    const told = socket.messages.flatMap((message) =>
      (message.event === 'new_order' || message.event === 'order_status_update') && message.data.id === placed.id
        ? [message]
        : [],
    );
    expect(told.map(({ event }) => event)).toEqual(['new_order', ...Array<string>(4).fill('order_status_update')]);
    expect(told.map(({ data }) => data)).toEqual(states);
    expect(told[1]).toMatchObject({ previous_status: 'pending', actor: { name: 'Sam Staff', role: 'staff' } });

    const published = channel.messages.filter(
      (message) => 'customer_id' in message.data && message.data.id === placed.id,
    );
    channel.close();
    expect(published.map(({ event }) => event)).toEqual([
      'order_created',
      ...Array<string>(4).fill('order_status_updated'),
    ]);
    expect(published.map(({ data }) => data)).toEqual(states);

    const records = await readTopic(placed.id, 5);
    const headers = records.map((record) =>
      eventHeaders.parse(
        Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, String(value)])),
      ),
    );
    expect(headers.map(({ ce_type }) => ce_type)).toEqual([
      'order.created',
      ...Array<string>(4).fill('order.status_changed'),
    ]);
    expect(new Set(headers.map(({ ce_id }) => ce_id)).size).toBe(5);
    expect(headers.every(({ ce_subject }) => ce_subject === placed.id)).toBe(true);
    const values = records.map(({ value }) => eventCatalogue['order.created'].value.parse(value));
    expect(values.map(withoutActor)).toEqual(states);
    await socket.close();
  });

  test('is told to its customer and to nobody else’s, and without who moved it', async () => {
    const stranger = await anybody.register();
    const [own, foreign] = await Promise.all([Socket.open(customer), Socket.open(stranger)]);
    const [product] = await customer.products();
    const placed = await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
    await staff.move(placed.id, 'confirmed');
    const update = await own.next('order_status_update', ({ data }) => data.id === placed.id);
    expect(update).not.toHaveProperty('actor');
    // The stranger's own order comes after everything that must not be shown to them.
    const marker = await stranger.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
    await foreign.next('new_order', ({ data }) => data.id === marker.id);
    expect(foreign.frames.join()).not.toContain(placed.id);
    await Promise.all([own.close(), foreign.close()]);
  });

  test('puts its items back into stock when it is cancelled', async () => {
    const [, , product] = await customer.products();
    const placed = await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 3 }]);
    const stock = async (): Promise<number | undefined> =>
      (await staff.products()).find(({ id }) => id === product?.id)?.stock;
    expect(await stock()).toBe((product?.stock ?? 0) - 3);
    await staff.move(placed.id, 'cancelled', 'ordered twice');
    expect(await stock()).toBe(product?.stock);
  });
});

describe('a client that comes back', () => {
  test('gets exactly what it missed', async () => {
    const before = await Socket.open(staff);
    const welcome = await before.next('welcome');
    await before.close();
    const [product] = await customer.products();
    const placed = await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
    const witness = await Socket.open(staff, { since: welcome.data.position });
    await witness.next('new_order', ({ data }) => data.id === placed.id);
    const [first] = witness.messages;
    expect(first).toMatchObject({ event: 'welcome', data: { recovered: true } });
    // Events of earlier tests may be among those that were missed.
    const events = witness.messages.filter((one) => 'times' in one);
    for (const { seq } of events) expect(seq).toBeGreaterThan(welcome.seq);
    expect(events.filter((one) => one.event === 'new_order' && one.data.id === placed.id)).toHaveLength(1);
    await witness.close();
  });

  test('is told to resync when its position belongs to another life of the log', async () => {
    const socket = await Socket.open(staff, { since: 'another-epoch:12' });
    const resync = await socket.next('resync');
    expect(resync.data.reason).toBe('new_epoch');
    expect(socket.messages[0]).toMatchObject({ event: 'welcome', data: { recovered: false } });
    await socket.close();
  });
});
