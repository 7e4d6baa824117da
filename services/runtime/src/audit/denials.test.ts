import { PassThrough } from 'node:stream';
import type { SecurityEvent } from '@live-orders/contracts/audit/security-events.ts';
import { pino } from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { requestContext } from '../process/request-context.ts';
import { Denials } from './denials.ts';

let lines: Record<string, unknown>[];
let rows: SecurityEvent[];
let isAway: boolean;
let denials: Denials;

beforeEach(() => {
  lines = [];
  rows = [];
  isAway = false;
  const out = new PassThrough();
  out.on('data', (text: Buffer) => lines.push(JSON.parse(text.toString()) as Record<string, unknown>));
  denials = new Denials(pino(out), async (events) => {
    if (isAway) throw new Error('away');
    rows.push(...events);
  });
});

/** A login that is refused, in a request of its own. */
const refuse = (address: string, subject: string | null, user_agent = 'a test', request_id = 'one'): void => {
  const sender = () => ({ user_id: null, address, user_agent });
  const details = { method: 'POST', route: '/api/auth/login', code: 'invalid_credentials' };
  requestContext.run({ request_id, trace_id: '', traceparent: '', sender }, () =>
    denials.record('login.failed', { subject, details }),
  );
};
const told = (): Record<string, unknown>[] => lines.filter(({ msg }) => msg === 'security event');

const ada = '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10';

describe('what was refused', () => {
  test('is in the log and in the table, with the same id', async () => {
    refuse('203.0.113.5', ada);
    expect(told()).toMatchObject([
      { level: 40, event: 'login.failed', subject_id: ada, address: '203.0.113.5', user_agent: 'a test', count: 1 },
    ]);
    await vi.waitFor(() => expect(rows.map(({ id }) => id)).toEqual(told().map(({ event_id }) => event_id)));
  });

  test('and is repeated within a minute is told once, and once more with the number of the others and the last request', () => {
    for (const request of ['one', 'two', 'three', 'four']) refuse('203.0.113.5', ada, 'a test', request);
    refuse('203.0.113.6', ada);
    refuse('203.0.113.5', null);
    expect(told()).toHaveLength(3);
    denials.endMinute();
    expect(told().slice(3)).toMatchObject([{ address: '203.0.113.5', subject_id: ada, count: 3, request_id: 'four' }]);
    refuse('203.0.113.5', ada);
    expect(told()).toHaveLength(5);
  });

  test('from one network of 64 bits is told as of one place', () => {
    for (let n = 1; n < 50; n += 1) refuse(`2001:db8:1:2::${n.toString(16)}`, null);
    expect(told()).toHaveLength(1);
  });

  test('takes no more than a bounded part of the table, from however many places it comes', () => {
    for (let n = 0; n < 10_000; n += 1) refuse(`10.0.${n >> 8}.${n & 255}`, null);
    denials.endMinute();
    expect(told()).toHaveLength(501);
    expect(told().at(-1)).toMatchObject({ address: null, count: 9_500 });
  });

  test('from one place in however many ways hides neither that place nor what comes from others', () => {
    for (let n = 0; n < 10_000; n += 1) refuse('203.0.113.5', crypto.randomUUID());
    refuse('203.0.113.6', ada);
    expect(told()).toHaveLength(101);
    expect(told().at(-1)).toMatchObject({ address: '203.0.113.6', subject_id: ada });
    denials.endMinute();
    expect(told().slice(101)).toMatchObject([{ address: '203.0.113.5', subject_id: null, details: {}, count: 9_900 }]);
    refuse('203.0.113.5', ada);
    expect(told().at(-1)).toMatchObject({ address: '203.0.113.5', subject_id: ada });
  });

  test('waits while nothing can be written, and is in the table afterwards', async () => {
    isAway = true;
    const stop = new AbortController();
    const running = denials.run(stop.signal);
    refuse('203.0.113.5', ada);
    await vi.waitFor(() =>
      expect(lines.map(({ msg }) => msg)).toContain('writing security events failed, trying again'),
    );
    refuse('203.0.113.6', ada);
    isAway = false;
    stop.abort();
    await running;
    expect(rows.map(({ address }) => address)).toEqual(['203.0.113.5', '203.0.113.6']);
  });

  test('has what a caller says of itself without line ends, and not all of it', () => {
    refuse('203.0.113.5\nforged', null, `\u0000${'x'.repeat(1_000)}`);
    expect(told()).toMatchObject([{ address: '203.0.113.5 forged', user_agent: ` ${'x'.repeat(199)}` }]);
  });
});
