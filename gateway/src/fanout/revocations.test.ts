import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { accessTokenSeconds } from '@live-orders/contracts/rest/users.ts';
import { Revocations } from './revocations.ts';

const now = Date.parse('2026-03-14T09:26:53.589Z');
const in2099 = Date.parse('2099-01-01T00:00:00Z');
const identity = (id: string, session_id: string, session_epoch?: number) => ({
  ...{ id, session_id, session_epoch, email: '', name: '', created_at: '' },
  role: 'staff' as const,
  expires_at: now / 1000 + accessTokenSeconds,
});
const begunAt = (msecs: number): string => uuidv7({ msecs });

test('one session of a user, and no other', () => {
  const revocations = new Revocations();
  const [early, late] = [begunAt(now - 1), begunAt(now + 1)];
  revocations.add({ id: 'sam', session_id: early, at: now });
  expect(revocations.covers(identity('sam', early, 3))).toBe(true);
  expect(revocations.covers(identity('sam', late, 3))).toBe(false);
});

describe('all sessions of a user', () => {
  test('are those of a lower epoch, whatever the clocks of service and database say', () => {
    const revocations = new Revocations();
    revocations.add({ id: 'ada', session_id: null, session_epoch: 2, at: now });
    expect(revocations.covers(identity('ada', begunAt(now + 10_000), 1))).toBe(true);
    expect(revocations.covers(identity('ada', begunAt(now - 10_000), 2))).toBe(false);
    expect(revocations.covers(identity('eve', begunAt(now - 10_000), 1))).toBe(false);
  });

  test('stay so when an older revocation comes later', () => {
    const revocations = new Revocations();
    revocations.add({ id: 'ada', session_id: null, session_epoch: 2, at: now });
    revocations.add({ id: 'ada', session_id: null, session_epoch: 1, at: now + 1 });
    expect(revocations.covers(identity('ada', begunAt(now), 1))).toBe(true);
    expect(revocations.covers(identity('ada', begunAt(now), 2))).toBe(false);
  });

  test.each([
    ['the token', undefined, 2],
    ['the revocation', 2, undefined],
    ['neither', undefined, undefined],
  ])('are told by their beginning where %s comes from release 0.1, which had no epochs', (_which, held, ended) => {
    const revocations = new Revocations();
    revocations.add({ id: 'ada', session_id: null, session_epoch: ended, at: now });
    expect(revocations.covers(identity('ada', begunAt(now - 1), held))).toBe(true);
    expect(revocations.covers(identity('ada', begunAt(now + 1), held))).toBe(false);
  });
});

describe('are kept for the life of a token from when they were heard of', () => {
  const tokenLifeMs = accessTokenSeconds * 1000;
  let time = 5_000;
  const open = () => new Revocations(() => time);

  test('one session', () => {
    const revocations = open();
    revocations.add({ id: 'sam', session_id: 'one', at: now });
    time += tokenLifeMs - 1;
    expect(revocations.covers(identity('sam', 'one', 0))).toBe(true);
    time += 1;
    expect(revocations.covers(identity('sam', 'one', 0))).toBe(false);
  });

  test('dated 2099: whoever logs in again is let in, at once or, without epochs, when that time is over', () => {
    const revocations = open();
    revocations.add({ id: 'ada', session_id: null, session_epoch: 1, at: in2099 });
    expect(revocations.covers(identity('ada', begunAt(now), 0))).toBe(true);
    expect(revocations.covers(identity('ada', begunAt(now), 1))).toBe(false);
    revocations.add({ id: 'eve', session_id: null, at: in2099 });
    expect(revocations.covers(identity('eve', begunAt(now), 0))).toBe(true);
    time += tokenLifeMs - 1;
    // As when the gateway connects to Redis again: hearing of it once more prolongs nothing.
    revocations.add({ id: 'eve', session_id: null, at: in2099 });
    time += 1;
    expect(revocations.covers(identity('eve', begunAt(now), 0))).toBe(false);
  });
});
