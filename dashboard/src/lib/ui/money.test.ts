import { expect, it } from 'vitest';
import { formatMoney } from './money.ts';

it('reads minor units as the currency counts them', () => {
  expect(formatMoney(4598, 'USD')).toBe('$45.98');
  expect(formatMoney(4598, 'JPY')).toBe('¥4,598');
  expect(formatMoney(0, 'EUR')).toBe('€0.00');
  expect(formatMoney(123456789, 'USD')).toBe('$1,234,567.89');
});
