import type { Context } from 'hono';
import { ProblemError } from './problem.ts';

/** The entity tag of a version. */
export const etag = (version: number): string => `"${version}"`;

const tags = (header: string): string[] => header.split(',').map((tag) => tag.trim());

/** A check of the version that a change starts from; throws `version_conflict` with the present state as `current`. */
export type Precondition = (current: { version: number }) => void;

/** `If-Match` of a request (RFC 9110, 13.1.1): strong comparison, `*` fits any version, none at all lets all pass. */
export const ifMatch =
  (c: Context): Precondition =>
  (current) => {
    const header = c.req.header('if-match');
    if (header === undefined || header.trim() === '*' || tags(header).includes(etag(current.version))) return;
    const detail = `It is at version ${current.version} now; look at \`current\`, and send the change again if it still holds.`;
    throw new ProblemError('version_conflict', detail, { current }, { etag: etag(current.version) });
  };

/** Whether `If-None-Match` names this version (weak comparison), so that 304 is the answer. */
export const isUnchanged = (c: Context, version: number): boolean => {
  const header = c.req.header('if-none-match');
  if (header === undefined) return false;
  return header.trim() === '*' || tags(header).some((tag) => tag.replace(/^W\//, '') === etag(version));
};
