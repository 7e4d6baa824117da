import { errorCode } from '../process/error-code.ts';

/** A statement was prepared before a column that it gives got another type; its connection cannot run it any more. */
export const isStalePlan = (error: unknown): boolean => errorCode(error) === '0A000';

/**
 * Serialization failure, deadlock and a stale plan: the transaction was rolled back, and nothing is wrong with doing it
 * again.
 */
export const isConflict = (error: unknown): boolean =>
  ['40001', '40P01'].includes(errorCode(error) ?? '') || isStalePlan(error);

/** A row with the same value of a unique column is there already. */
export const isDuplicate = (error: unknown): boolean => errorCode(error) === '23505';

/** Another transaction held a lock for longer than `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean => errorCode(error) === '55P03';

/** A value that the database cannot take in (class 22): out of range, not in the form that its type has. */
export const isBadValue = (error: unknown): boolean => /^22...$/.test(errorCode(error) ?? '');

/**
 * Connection failures (08), no resources (53), a server that stops or starts (57P) or takes no changes (25006), and what
 * takes too long because of others: a statement's or a lock's time-out, conflicts that went on in every retry.
 */
const away = /^(08...|53...|57P0.|25006|57014|55P03|40001|40P01|ECONN[A-Z]+|EPIPE|ETIMEDOUT|EHOSTUNREACH)$/;

/** Whether the same request may well succeed in a moment. */
export const isTemporary = (error: unknown): boolean => away.test(errorCode(error) ?? '');
