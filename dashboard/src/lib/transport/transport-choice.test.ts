import { expect, test, vi } from 'vitest';
import { TransportChoice, type Fallback, type Transport } from './transport-choice.ts';

const minute = 60_000;

const choose = (last: Fallback | null, now = 0, hasEvents = true) => {
  const onWorks = vi.fn<(fallback: Fallback | null) => void>();
  return { choice: new TransportChoice({ hasEvents, last, onWorks, now }), onWorks };
};

/** Fails so many times, with the transport whose turn it is; returns those. */
const fail = (choice: TransportChoice, times: number, now = 0): Transport[] =>
  Array.from({ length: times }, () => {
    const transport = choice.next(now);
    choice.failed(transport, now);
    return transport;
  });

test('what WebSockets were replaced by is kept, with the time when they were refused, until one works', () => {
  const { choice, onWorks } = choose(null);
  fail(choice, 2);
  choice.opened(choice.next(7), 7);
  expect(onWorks.mock.calls).toEqual([[{ way: 'events', at: 7 }]]);
  // That it goes on to work says nothing new about WebSockets.
  choice.opened(choice.next(8), 8);
  expect(onWorks).toHaveBeenCalledOnce();
  expect(choice.next(6 * minute)).toBe('socket');
  choice.opened('socket', 6 * minute);
  expect(onWorks).toHaveBeenLastCalledWith(null);
});

test('a page begins with what the last one had to do with, and tries a WebSocket some minutes later; after an hour, first', () => {
  const now = 100 * minute;
  const { choice } = choose({ way: 'events', at: now - 59 * minute }, now);
  expect([choice.next(now), choice.next(now + 6 * minute)]).toEqual(['events', 'socket']);
  expect(choose({ way: 'events', at: now - 61 * minute }, now).choice.next(now)).toBe('socket');
  expect(choose({ way: 'polling', at: now }, now).choice.isExhausted).toBe(true);
  expect(choose({ way: 'polling', at: now - 61 * minute }, now).choice.isExhausted).toBe(false);
});

test('three failures in a row, of both ways, leave nothing but to poll, until something works', () => {
  const { choice, onWorks } = choose(null);
  expect(fail(choice, 2)).toEqual(['socket', 'socket']);
  expect(choice.isExhausted).toBe(false);
  expect(fail(choice, 1, 5)).toEqual(['events']);
  expect(choice.isExhausted).toBe(true);
  expect(fail(choice, 3)).toEqual(['socket', 'socket', 'events']);
  expect(onWorks.mock.calls).toEqual([[{ way: 'polling', at: 5 }]]);
  choice.opened('events', 9);
  expect(choice.isExhausted).toBe(true);
  choice.proved();
  expect(choice.isExhausted).toBe(false);
});

test('where there are no server-sent events, WebSockets alone are tried, whatever was kept', () => {
  const { choice } = choose({ way: 'events', at: 0 }, 0, false);
  expect(fail(choice, 3)).toEqual(['socket', 'socket', 'socket']);
  expect(choice.isExhausted).toBe(true);
});
