import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Output } from '../process/tied-process.ts';
import { createPartLog } from './part-log.ts';

const time = Date.UTC(2026, 0, 1);
const line = (level: number, rest: object): string => JSON.stringify({ level, time, name: 'orders', ...rest });
const show = (
  text: string,
  { quiet = false, from = 'stdout' }: { quiet?: boolean; from?: Output } = {},
): string | null => {
  const shown = createPartLog(process.stdout, quiet)('orders', text, from);
  return shown === null ? null : stripVTControlCharacters(shown).replace(/\[[\d:.]+\]/, '[time]');
};

test('a log line is one readable line after the name of its part', () => {
  expect(show(line(30, { msg: 'listening', port: 3001 }))).toBe('orders    │ [time] INFO: listening {"port":3001}');
});

test('what is not a log line stays as it is', () => {
  expect(show('Segmentation fault')).toBe('orders    │ Segmentation fault');
  expect(show('{"half a')).toBe('orders    │ {"half a');
});

test("a warning shows its error's message, an error the stack too", () => {
  const err = { type: 'Error', message: 'refused', stack: 'Error: refused\n    at connect' };
  expect(show(line(40, { msg: 'again', err }))).toBe('orders    │ [time] WARN: again {"cause":"refused"}');
  expect(show(line(50, { msg: 'broken', err }))).toContain('at connect');
});

test('quiet leaves out what is less than a warning, and nothing of stderr', () => {
  expect(show(line(30, { msg: 'listening' }), { quiet: true })).toBeNull();
  expect(show('Listening', { quiet: true })).toBeNull();
  expect(show(line(40, { msg: 'slow' }), { quiet: true })).toContain('slow');
  expect(show('Segmentation fault', { quiet: true, from: 'stderr' })).toContain('Segmentation fault');
});
