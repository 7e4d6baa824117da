import type { ProblemMembers } from '@live-orders/contracts/rest/errors.ts';
import type { Context } from 'hono';
import { ProblemError } from './problem.ts';

/** The entity tag of a version. */
export const etag = (version: number): string => `"${version}"`;

const tags = (header: string): string[] => header.split(',').map((tag) => tag.trim());

/** What has a version that a change may start from. */
type Versioned = ProblemMembers<'version_conflict'>['current'];

/**
 * Checks that a change starts from the present version; else it throws `version_conflict` with the present state as
 * `current`.
 */
export type Precondition<T> = (current: T) => void;

/**
 * `If-Match` of a request (RFC 9110, 13.1.1): strong comparison, `*` fits any version, none at all lets all pass.
 * `shown` is what this caller may see of the present state.
 */
export const ifMatch =
  <T extends Versioned>(c: Context, shown: (current: T) => T): Precondition<T> =>
  (current) => {
    const header = c.req.header('if-match');
    if (header === undefined || header.trim() === '*' || tags(header).includes(etag(current.version))) return;
    const detail = `It is at version ${current.version} now; look at \`current\`, and send the change again if it still holds.`;
    throw new ProblemError('version_conflict', detail, { current: shown(current) }, { etag: etag(current.version) });
  };

/** Whether `If-None-Match` names this version (weak comparison), so that 304 is the answer. */
export const isUnchanged = (c: Context, version: number): boolean => {
  const header = c.req.header('if-none-match');
  if (header === undefined) return false;
  return header.trim() === '*' || tags(header).some((tag) => tag.replace(/^W\//, '') === etag(version));
};

/** Whether a change would leave everything as it is. */
export const isSame = <T extends object>(current: T, change: Partial<T>): boolean =>
  Object.entries({ ...current, ...change }).every(([name, value]) => Reflect.get(current, name) === value);
