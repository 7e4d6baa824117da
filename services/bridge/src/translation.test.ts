import { describe, expect, test } from 'vitest';
import { translate } from './translation.ts';

const at = '2026-03-14T09:26:53.589Z';
const timestamp = String(Date.parse(at) + 5);
const id = '01920000-0000-7000-8000-00000000000a';
const headers = {
  ce_id: id,
  ce_type: 'order.created',
  ce_source: '/orders',
  ce_subject: id,
  ce_time: at,
  ce_specversion: '1.0',
  'content-type': 'application/json',
};
const order = {
  id,
  number: 1001,
  customer_id: id,
  customer_name: 'Carla',
  status: 'pending',
  total_amount: 100,
  currency: 'USD',
  note: null,
  version: 1,
  due_at: null,
  created_at: at,
  updated_at: at,
  items: [],
};
const actor = { id, name: 'Carla', role: 'customer' };
const value = (json: unknown): Buffer => Buffer.from(JSON.stringify(json));

describe('a Kafka record', () => {
  test('becomes a message with the whole order as data, what the event adds beside it, and an open end', () => {
    const record = { headers, value: value({ ...order, previous_status: null, actor, later_field: 1 }) };
    const translation = translate({ ...record, timestamp }, at);
    expect(translation).toMatchObject({ kind: 'message', channel: 'order_events' });
    const text = translation.kind === 'message' ? translation.text : '';
    expect(JSON.parse(`${text}}`)).toEqual({
      event: 'order_created',
      data: order,
      previous_status: null,
      actor,
      times: { committed: at, produced: '2026-03-14T09:26:53.594Z', bridged: at },
    });
  });

  test('of a later type is ignored', () => {
    const record = { headers: { ...headers, ce_type: 'order.teleported' }, value: value({}) };
    expect(translate({ ...record, timestamp }, at)).toEqual({ kind: 'ignored', type: 'order.teleported' });
  });

  test.each([
    ['without headers', {}, value(order), 'headers'],
    ['without a value', headers, null, 'not JSON'],
    ['that is not JSON', headers, Buffer.from('{'), 'not JSON'],
    ['that lacks fields', headers, value({ id }), 'value'],
    [
      'that is too large',
      headers,
      value({ ...order, note: 'x'.repeat(300_000), previous_status: null, actor }),
      'size',
    ],
  ])('%s goes to the dead letters, with the reason', (_what, given, bytes, reason) => {
    const translation = translate({ headers: given, value: bytes, timestamp }, at);
    expect(translation.kind).toBe('dead');
    expect('reason' in translation && translation.reason).toContain(reason);
  });
});
