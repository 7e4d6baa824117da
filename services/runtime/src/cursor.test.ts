import { describe, expect, test } from 'vitest';
import { readCursor, toPage } from './cursor.ts';

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
    expect(readCursor(first.next_cursor ?? '', '-created_at')).toEqual([row(2).created_at, row(2).id]);
    expect(() => readCursor(first.next_cursor ?? '', 'created_at')).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    );
    expect(toPage([], 2, '-created_at', at)).toEqual({ data: [], next_cursor: null });
  });

  test.each(['', 'nonsense', Buffer.from('["x","y"]').toString('base64url'), Buffer.from('{}').toString('base64url')])(
    'refuses the cursor %j, which it never gave',
    (cursor) => {
      expect(() => readCursor(cursor, '-created_at')).toThrow(expect.objectContaining({ code: 'validation_failed' }));
    },
  );
});
