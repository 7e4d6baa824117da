import { createHash } from 'node:crypto';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { isLockTimeout } from '@live-orders/runtime/database/sql-state.ts';
import { execute, selectPrepared } from '@live-orders/runtime/database/prepared.ts';
import { z } from 'zod';

/** A client's `Idempotency-Key`, and the request that it stands for. */
export interface IdempotencyKey {
  userId: string;
  key: string;
  /** SHA-256 of the request's path and body */
  fingerprint: Buffer;
}

/** An answer, and whether it is the stored one of an earlier request with the same key. */
export interface Answer<T> {
  body: T;
  replayed: boolean;
}

/** What `Idempotency-Key` may be. */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .meta({ description: 'The same key and body give the stored answer for 24 hours, instead of doing it again' }),
});

/** The key of a request, or null when it has none. It stands for this path and body, and for no other. */
export const keyOf = (userId: string, key: string | undefined, path: string, body: unknown): IdempotencyKey | null => {
  if (key === undefined) return null;
  const fingerprint = createHash('sha256').update(path).update('\0').update(JSON.stringify(body)).digest();
  return { userId, key, fingerprint };
};

export const replayHeader = ({ replayed }: { replayed: boolean }): Record<string, string> =>
  replayed ? { 'idempotent-replayed': 'true' } : {};

/** The problems that a request may get because of its key. */
export const idempotencyProblems = ['idempotency_in_flight', 'idempotency_key_reused'] as const;

const keptHours = 24;

const storedRow = z.object({ fingerprint: z.instanceof(Buffer), body: z.unknown() });

/**
 * Does `work` once per key (without one, each time), in the transaction that the answer is stored in: either both are
 * committed or neither is. A second request with the key waits for the first and then gets its answer with `replayed`.
 * Work that fails stores nothing, so that it may be tried again. Throws `idempotency_key_reused` for another body,
 * `idempotency_in_flight` when the wait gets too long.
 *
 * Column `status` of the table is a leftover: releases up to 0.1 wrote it, none ever read it.
 */
export const once = async <T>(
  intention: IdempotencyKey | null,
  answer: z.ZodType<T>,
  transaction: Transaction,
  work: () => Promise<T>,
): Promise<Answer<T>> => {
  if (!intention) return { body: await work(), replayed: false };
  const { userId, key, fingerprint: print } = intention;
  if (await claim(userId, key, print, transaction)) {
    const body = await work();
    await execute(transaction, 'UPDATE idempotency_keys SET body = $body WHERE user_id = $userId AND key = $key', {
      userId,
      key,
      body: JSON.stringify(body),
    });
    return { body, replayed: false };
  }
  const sql = 'SELECT fingerprint, body FROM idempotency_keys WHERE user_id = $userId AND key = $key';
  const [stored] = await selectPrepared(transaction, storedRow, sql, { userId, key });
  if (!stored) throw inFlight();
  if (!stored.fingerprint.equals(print)) {
    throw new ProblemError('idempotency_key_reused', 'Use a new key for a new request.', {
      errors: [{ path: 'idempotency-key', message: 'was used with another body' }],
    });
  }
  return { body: answer.parse(stored.body), replayed: true };
};

const inFlight = (): ProblemError =>
  new ProblemError('idempotency_in_flight', 'Ask again in a moment for its answer.', {}, { 'retry-after': '1' });

/**
 * Claims the key for this transaction; false when it has an answer already. Waits for a transaction that holds it, up to
 * `lock_timeout`.
 */
const claim = async (userId: string, key: string, print: Buffer, transaction: Transaction): Promise<boolean> => {
  try {
    const rows = await selectPrepared(
      transaction,
      z.object({ key: z.string() }),
      `INSERT INTO idempotency_keys (user_id, key, fingerprint) VALUES ($userId, $key, $print)
       ON CONFLICT DO NOTHING RETURNING key`,
      { userId, key, print },
    );
    return rows.length > 0;
  } catch (error) {
    throw isLockTimeout(error) ? inFlight() : error;
  }
};

/** Forgets keys after 24 hours. */
export const sweepKeys = async (database: Sequelize): Promise<void> => {
  await database.query(`DELETE FROM idempotency_keys WHERE created_at < now() - interval '${keptHours} hours'`);
};
