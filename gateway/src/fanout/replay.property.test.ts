import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from './history.ts';
import { created, ids } from '../testing/redis-messages.ts';
import { events, Recorder } from '../testing/recorder.ts';
import { openHub } from '../testing/hub.ts';
import { project } from './audience.ts';

const entry = (seq: number): Entry => {
  const message = created(seq);
  return { seq, deliveries: project(message, message.times.bridged) };
};

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + 1 + i);

test('a position of one gateway is good at any other: recovered in full, or not at all and said so', () => {
  fc.assert(
    fc.property(
      fc.record({ head: fc.nat(40), since: fc.nat(45), memory: fc.nat(20), trimmed: fc.nat(40), lost: fc.boolean() }),
      ({ head, since, memory, trimmed, lost }) => {
        const hub = openHub(memory);
        for (const seq of range(0, head)) hub.publish(created(seq));
        // What the admission reads from the log: the events that memory no longer holds, unless the log lacks some of them.
        const needed = range(since, hub.oldest - 1);
        const older = needed.some((seq) => seq <= trimmed) ? [] : needed.map(entry);
        const staff = new Recorder('staff');
        hub.join(staff, { epoch: lost ? 'other' : 'e', seq: since }, older);
        const [welcome, ...rest] = events(staff);
        expect(welcome).toBe(`welcome ${head}`);
        const isThere = !lost && since <= head && (older.length > 0 || needed.length === 0);
        const missed = range(since, head).map((seq) => `new_order ${seq}`);
        expect(rest).toEqual(isThere ? missed : [`resync ${head}`]);
        expect(staff.messages[0]).toMatchObject({
          data: { recovered: isThere, source: isThere ? (older.length > 0 ? 'log' : 'memory') : null },
        });
        const stranger = new Recorder('customer', ids.noor);
        hub.join(stranger, { epoch: 'e', seq: since }, older);
        expect(stranger.messages.some(({ event }) => event === 'new_order')).toBe(false);
      },
    ),
    { numRuns: 500 },
  );
});
