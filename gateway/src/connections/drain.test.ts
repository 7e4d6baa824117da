import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Drain } from './drain.ts';
import { at, created } from '../testing/redis-messages.ts';
import { events, Recorder } from '../testing/recorder.ts';
import { openHub } from '../testing/hub.ts';
import type { Hub } from '../fanout/hub.ts';

let hub: Hub;
let drain: Drain;
let stop: AbortController;
let running: Promise<unknown>;
let stillNeeded: boolean;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(at) });
  hub = openHub();
  drain = new Drain(hub);
  stop = new AbortController();
  stillNeeded = true;
  const needed = drain.lasting({
    name: 'needed',
    run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  });
  running = Promise.all([drain.run(stop.signal), needed.run(stop.signal).then(() => (stillNeeded = false))]);
});

afterEach(() => {
  vi.useRealTimers();
});

const enter = (count: number): Recorder[] =>
  Array.from({ length: count }, () => {
    const client = new Recorder('staff');
    client.onClose = () => hub.leave(client);
    hub.join(client, null);
    return client;
  });

const delayOf = (client: Recorder): number => {
  const message = client.messages.find(({ event }) => event === 'move');
  return message?.event === 'move' ? message.data.after_ms : NaN;
};

test('clients are told to move one after the other, receive until then, and are closed if they stay', async () => {
  const clients = enter(500);
  const [first, last] = [clients[0], clients.at(-1)];
  stop.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(drain.begun).toBe(true);
  expect(clients.map(delayOf)).toEqual(clients.map((_client, index) => index * 4));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([first?.closed, last?.closed]).toEqual(['going_away', null]);
  expect(stillNeeded).toBe(true);
  hub.publish(created(1));
  expect(last && events(last).at(-1)).toBe('new_order 1');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(clients.every(({ closed }) => closed === 'going_away')).toBe(true);
  await running;
  expect(vi.getTimerCount()).toBe(0);
});

test('a crowd is spread over 4 s', async () => {
  const clients = enter(2_000);
  stop.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(Math.max(...clients.map(delayOf))).toBe(3_998);
  await vi.advanceTimersByTimeAsync(4_500);
  await running;
  expect(hub.size).toBe(0);
});

test('it is over as soon as all have left', async () => {
  const clients = enter(3);
  stop.abort();
  for (const client of clients) hub.leave(client);
  await vi.advanceTimersByTimeAsync(500);
  await running;
  expect(clients.map(({ closed }) => closed)).toEqual([null, null, null]);
});
