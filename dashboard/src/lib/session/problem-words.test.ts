import type { Problem } from '@live-orders/contracts/rest/errors.ts';
import { expect, test } from 'vitest';
import { describeProblem } from './problem-words.ts';

const problem = (code: Problem['code'], status: number, detail: string): Problem => ({
  type: 'about:blank',
  title: 'Title',
  code,
  status,
  detail,
});

test('a part that is away is nobody’s concern by its name; what the caller can mend is told as it is', () => {
  expect(describeProblem(problem('upstream_unavailable', 502, 'The orders service cannot be reached.'))).toBe(
    'The server can’t be reached at the moment.',
  );
  expect(describeProblem(problem('unavailable', 503, 'The database or Redis cannot be reached.'))).toBe(
    'The server can’t do this at the moment.',
  );
  expect(describeProblem(problem('invalid_transition', 409, 'A shipped order cannot be confirmed.'))).toBe(
    'A shipped order cannot be confirmed.',
  );
  expect(describeProblem(problem('not_found', 404, ''))).toBe('Title');
});
