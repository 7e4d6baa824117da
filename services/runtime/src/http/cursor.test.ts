import { describe, expect, test } from 'vitest';
import { readCursor, sortValues, toPage } from './cursor.ts';

const row = (n: number) => ({
  id: `01920000-0000-7000-8000-00000000000${n}`,
  created_at: `2026-03-14T09:26:53.58${n}Z`,
});

const at = ({ created_at }: { created_at: string }): string => created_at;

describe('a page', () => {
  test('has a cursor to its last row only while more rows follow', () => {
    const rows = [row(3), row(2), row(1)];
    expect(toPage(rows, 3, '-created_at', at)).toEqual({ data: rows, next_cursor: null });
    const first = toPage(rows, 2, '-created_at', at);
    expect(first.data).toEqual([row(3), row(2)]);
    expect(readCursor(first.next_cursor ?? '', '-created_at', sortValues.time)).toEqual([row(2).created_at, row(2).id]);
    expect(() => readCursor(first.next_cursor ?? '', 'created_at', sortValues.time)).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    );
    expect(toPage([], 2, '-created_at', at)).toEqual({ data: [], next_cursor: null });
  });

  test('goes on after a text that was taken in when the rules were others', () => {
    const rows = [{ ...row(2), name: ' \u202eold' }, row(1)];
    const { next_cursor: cursor } = toPage(rows, 1, 'name', () => ' \u202eold');
    expect(readCursor(cursor ?? '', 'name', sortValues.text)).toEqual([' \u202eold', row(2).id]);
  });

  test.each([
    [sortValues.time, '0000-01-01T00:00:00Z'],
    [sortValues.time, 'tomorrow'],
    [sortValues.time, 7],
    [sortValues.amount, 1.5],
    [sortValues.amount, 1e30],
    [sortValues.number, 2 ** 31],
    [sortValues.text, 'a\0b'],
    [sortValues.text, '\ud800'],
    [sortValues.text, 7],
  ])('refuses a sort value that its column could not hold (%#)', (values, value) => {
    const cursor = Buffer.from(JSON.stringify(['sort', value, row(1).id])).toString('base64url');
    expect(() => readCursor(cursor, 'sort', values)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });

  test.each(['', 'nonsense', Buffer.from('["x","y"]').toString('base64url'), Buffer.from('{}').toString('base64url')])(
    'refuses the cursor %j, which it never gave',
    (cursor) => {
      expect(() => readCursor(cursor, '-created_at', sortValues.time)).toThrow(
        expect.objectContaining({ code: 'validation_failed' }),
      );
    },
  );
});
