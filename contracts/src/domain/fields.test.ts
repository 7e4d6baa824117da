import { expect, test } from 'vitest';
import { givenText } from './fields.ts';

const name = givenText.min(1).max(100);
const messages = (text: string): string[] => name.safeParse(text).error?.issues.map(({ message }) => message) ?? [];

test.each([
  ['a zero-width space', '\u200b'],
  ['two soft hyphens', '\u00ad\u00ad'],
  ['a filler of Hangul', '\u3164'],
  ['a blank of Braille', '\u2800'],
  ['joiners between spaces', ' \u200d \u2060 '],
])('%s alone cannot be seen, and is refused', (_what, text) => {
  expect(messages(text)).toEqual(['must hold something that can be seen']);
});

test.each(['\u202eevil', '\u2066x', 'a\u2069', 'x\u202a'])('%j turns the text around it, and is refused', (text) => {
  expect(messages(text)).toEqual(['must not hold NUL, nor characters that turn the direction of text']);
});

test.each(['Zieliński', '王芳', 'علي\u200f', 'نامه\u200cها', '👩‍👩‍👧', 'e\u0301', 'no-\u00adbreak'])(
  '%j may be',
  (text) => {
    expect(name.parse(text)).toBe(text);
  },
);

test('a text that may be empty may be', () => {
  expect(givenText.parse('  ')).toBe('');
});
