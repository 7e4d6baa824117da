import { expect, test } from 'vitest';
import { queryOf, readFilters } from './filters.ts';

test('what is asked for is in the address, and read from there again', () => {
  const filters = { type: 'login.failed', user: 'ada@example.com', address: '2001:db8::1', period: 'week' } as const;
  expect(readFilters(new URLSearchParams(queryOf(filters)))).toEqual(filters);
});

test('what nobody can ask for is not asked for', () => {
  const query = new URLSearchParams('type=nonsense&period=toString&user=%20&address=');
  expect(readFilters(query)).toEqual({ type: '', user: '', address: '', period: '' });
  expect(queryOf(readFilters(query))).toBe('');
  expect(queryOf({ user: 'a@b.example' }, 'next')).toBe('?user=a%40b.example&cursor=next');
});
