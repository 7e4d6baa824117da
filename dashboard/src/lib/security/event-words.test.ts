import type { SecurityEntry } from '@live-orders/contracts/rest/security-events.ts';
import { expect, test } from 'vitest';
import { describeDetails, peopleOf } from './event-words.ts';

const entry = (given: Partial<SecurityEntry>): SecurityEntry => ({
  ...{ id: 'e', type: 'login.failed', outcome: 'refused', created_at: '2026-03-14T09:26:53.589Z', count: 1 },
  ...{ actor_id: null, actor_email: null, subject_id: null, subject_email: null },
  ...{ address: null, user_agent: null, request_id: null, details: {} },
  ...given,
});
const ada = { id: 'a', email: 'ada@example.com' };
const eve = { id: 'e', email: 'eve@example.com' };

test.each([
  ['somebody unknown', {}, { by: null, about: null }],
  ['a guess', { subject_id: ada.id, subject_email: ada.email }, { by: null, about: ada.email }],
  [
    'what somebody did to themselves',
    { actor_id: ada.id, actor_email: ada.email, subject_id: ada.id, subject_email: ada.email },
    { by: ada.email, about: null },
  ],
  [
    'what somebody did to another',
    { actor_id: ada.id, actor_email: ada.email, subject_id: eve.id, subject_email: eve.email },
    { by: ada.email, about: eve.email },
  ],
  ['a user of whom the table knows nothing', { actor_id: ada.id }, { by: ada.id, about: null }],
])('%s is told by its people', (_what, given, people) => {
  expect(peopleOf(entry(given))).toEqual(people);
});

const refused = { method: 'GET', route: '/api/users', code: 'forbidden' };

test.each<[Partial<SecurityEntry>, string | null]>([
  [{ type: 'user.role_changed', details: { from: 'customer', to: 'staff' } }, 'customer → staff'],
  [{ type: 'user.created', details: { role: 'admin' } }, 'as admin'],
  [{ details: { ...refused, code: 'account_deactivated' } }, 'The account is deactivated'],
  [{ details: { ...refused, code: 'invalid_credentials' } }, 'Wrong e-mail or password'],
  [{ type: 'access.denied', details: refused }, 'GET /api/users'],
  [{ type: 'session.ended' }, null],
])('the details of %j are %s', (given, words) => {
  expect(describeDetails(entry(given))).toBe(words);
});
