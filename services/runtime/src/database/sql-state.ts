import { errorCode } from '../process/error-code.ts';

/** Serialization failure and deadlock: the transaction was rolled back, and nothing is wrong with doing it again. */
export const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(errorCode(error) ?? '');

/** A row with the same value of a unique column is there already. */
export const isDuplicate = (error: unknown): boolean => errorCode(error) === '23505';

/** Another transaction held a lock for longer than `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean => errorCode(error) === '55P03';

/**
 * Connection failures (08), no resources (53), a server that stops or starts (57P), and what takes too long because of
 * others: a statement's or a lock's time-out, conflicts that went on in every retry.
 */
const away = /^(08...|53...|57P0.|57014|55P03|40001|40P01|ECONN[A-Z]+|EPIPE|ETIMEDOUT|EHOSTUNREACH)$/;

/** Whether the same request may well succeed in a moment. */
export const isTemporary = (error: unknown): boolean => away.test(errorCode(error) ?? '');
