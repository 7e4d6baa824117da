import { createHash } from 'node:crypto';

/** A key of fixed length, so that Redis does not tell who logs in from where. */
export const digest = (...parts: string[]): string => createHash('sha256').update(parts.join('\n')).digest('base64url');
