import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { Revocations } from './revocations.ts';

const now = Date.parse('2026-03-14T09:26:53.589Z');
const identity = (id: string, session_id: string) => ({
  id,
  session_id,
  role: 'staff' as const,
  email: '',
  name: '',
  created_at: '',
  expires_at: now / 1000 + 900,
});

test('one session of a user, or all that began before', () => {
  const revocations = new Revocations(() => now);
  const [early, late] = [uuidv7({ msecs: now - 1 }), uuidv7({ msecs: now + 1 })];
  revocations.add({ id: 'sam', session_id: early, at: now });
  expect(revocations.covers(identity('sam', early))).toBe(true);
  expect(revocations.covers(identity('sam', late))).toBe(false);
  revocations.add({ id: 'ada', session_id: null, at: now });
  expect(revocations.covers(identity('ada', early.replace(/.$/, '0')))).toBe(true);
  expect(revocations.covers(identity('ada', late))).toBe(false);
  expect(revocations.covers(identity('eve', late))).toBe(false);
});

test('are forgotten once no token of that time can live', () => {
  let time = now;
  const revocations = new Revocations(() => time);
  const session = uuidv7({ msecs: now });
  revocations.add({ id: 'sam', session_id: session, at: now });
  time += 15 * 60_000 + 1;
  revocations.add({ id: 'ada', session_id: null, at: time });
  expect(revocations.covers(identity('sam', session))).toBe(false);
});
