import { deadLetterTopic, topics } from '@live-orders/contracts/events.ts';
import { connectKafka, type IHeaders, Sender } from '@live-orders/runtime/kafka.ts';
import { createLog } from '@live-orders/runtime/log.ts';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { Api } from '../support/api.ts';
import { Socket } from '../support/socket.ts';
import { claimTerritory, startSystem, type System } from '../support/system.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem(await claimTerritory(inject('servers')));
});

afterAll(async () => {
  await system.stop();
  await system.territory.remove();
});

test('a record that cannot be read goes to the dead letters with its origin and the reason, and the rest flows on', async () => {
  const { kafkaBrokers, prefix } = system.territory;
  const settings = { KAFKA_BROKERS: [kafkaBrokers], KAFKA_PREFIX: prefix, KAFKA_PARTITIONS: 3, KAFKA_REPLICATION: 1 };
  const kafka = connectKafka(settings, 'dead-letters', createLog('dead-letters', 'silent'));
  const sender = new Sender(kafka);
  const topic = `${prefix}${topics.order}`;
  await sender.send([{ topic, key: 'poison', value: 'no JSON', headers: { ce_type: 'order.created' } }]);
  await sender.close();

  const api = new Api(system.gatewayUrl);
  const [staff, customer] = await Promise.all([api.login('staff@example.com'), api.register()]);
  const socket = await Socket.open(staff);
  const [product] = await customer.products();
  // One for each partition at least, so that one of them shares the partition of the poison.
  for (let round = 0; round < 12; round += 1) {
    const placed = await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
    await socket.next('new_order', ({ data }) => data.id === placed.id);
  }
  await socket.close();

  const dead: { value: string | undefined; headers: IHeaders }[] = [];
  const consumer = kafka.consumer({ groupId: `${prefix}dead-letters` });
  await consumer.connect();
  await consumer.subscribe({ topic: `${prefix}${deadLetterTopic}`, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      dead.push({ value: message.value?.toString(), headers: message.headers ?? {} });
    },
  });
  await vi.waitFor(() => expect(dead).toHaveLength(1), { timeout: 15_000 });
  await consumer.disconnect();
  expect(dead[0]?.value).toBe('no JSON');
  expect(String(dead[0]?.headers.dlq_topic)).toBe(topic);
  expect(String(dead[0]?.headers.dlq_reason)).toContain('ce_id');
});
