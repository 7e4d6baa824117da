import type { z } from 'zod';

const articles: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const formats: Readonly<Record<string, string>> = {
  email: 'an e-mail address, such as ada@example.com',
  uuid: 'a UUID, such as 01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10',
  datetime: 'an RFC 3339 time in UTC, such as 2026-03-14T09:26:53Z',
  url: 'an absolute URL',
};

const units: Readonly<Record<string, string>> = { string: 'character', array: 'item' };
const counted = (count: number | bigint, origin: string): string =>
  `${count} ${units[origin]}${Number(count) === 1 ? '' : 's'}`;

/**
 * What a caller is told of a field that does not fit its schema, after the field's name: "is missing", "must be at least 1".
 * Used where the schema has no words of its own; undefined where the library's will do.
 */
export const fieldWords = (issue: z.core.$ZodRawIssue): string | undefined => {
  const missesInput = issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union';
  if (missesInput && issue.input === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${articles[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? `in the form ${issue.pattern ?? issue.format}`}`;
    case 'too_small':
      if (!(issue.origin in units)) return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
      return Number(issue.minimum) === 1
        ? 'must not be empty'
        : `must have at least ${counted(issue.minimum, issue.origin)}`;
    case 'too_big':
      if (!(issue.origin in units)) return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
      return `must have at most ${counted(issue.maximum, issue.origin)}`;
    case 'invalid_union':
      return 'fits none of the allowed forms';
    case 'unrecognized_keys':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return undefined;
  }
};
