import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { accessTokenSeconds, type Session } from '@live-orders/contracts/rest/users.ts';
import type { EventValue } from '@live-orders/contracts/domain/events.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { select } from '@live-orders/runtime/database/select.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { sessionColumns, sessionRow, toUser, userColumns, userRow, type UserRow } from './rows.ts';
import type { Signer } from './tokens.ts';

const idleMs = 7 * 24 * 3_600_000;
const longestMs = 30 * 24 * 3_600_000;
/** How long the last refresh token is still accepted: a second tab may hold the one that the first has just used. */
const graceMs = 30_000;

type Reason = EventValue<'user.session_revoked'>['reason'];

const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const expired = (): ProblemError => new ProblemError('unauthenticated', 'The session has ended; log in again.');

/** `<session id>.<secret>` */
const refreshToken = z
  .string()
  .transform((text) => text.split('.'))
  .pipe(z.tuple([z.uuid(), z.string().min(40)]));

/** Logins of users. A session lives 7 days after its last refresh and 30 days at most. */
export class Sessions {
  readonly #database: Sequelize;
  readonly #outbox: Outbox;
  readonly #signer: Signer;

  constructor(database: Sequelize, outbox: Outbox, signer: Signer) {
    this.#database = database;
    this.#outbox = outbox;
    this.#signer = signer;
  }

  /**
   * Opens a session for the user whose password was compared. Comparing takes a while, so `checked` may be out of date:
   * if the account was deactivated, or its password or role changed meanwhile, this throws `invalid_credentials`. The
   * lock makes a change wait that begins now, so that it finds this session and ends it too.
   */
  async open(checked: UserRow): Promise<Session> {
    const secret = randomBytes(32).toString('base64url');
    return this.#outbox.transact(async (transaction) => {
      const [user] = await select(
        this.#database,
        userRow,
        `SELECT ${userColumns} FROM users u WHERE u.id = $id FOR SHARE`,
        { id: checked.id },
        transaction,
      );
      if (!user?.active || user.password !== checked.password || user.role !== checked.role) {
        throw new ProblemError('invalid_credentials', 'The account has just changed; log in again.');
      }
      const id = uuidv7();
      const now = new Date();
      await this.#database.query(
        `INSERT INTO sessions (id, user_id, secret_hash, refreshed_at, expires_at, created_at)
         VALUES ($id, $userId, $hash, $now, $expiresAt, $now)`,
        {
          bind: { id, userId: user.id, hash: digest(secret), now, expiresAt: new Date(now.getTime() + idleMs) },
          transaction,
        },
      );
      return this.#answer(user, id, secret);
    });
  }

  /**
   * Takes a refresh token and gives a new access token and the next refresh token. The token before the present one is
   * accepted for 30 s more; later it must have been stolen or replayed, and the session ends. Throws `unauthenticated`.
   */
  async refresh(token: string): Promise<Session> {
    const [id, secret] = refreshToken.safeParse(token).data ?? [];
    if (!id || !secret) throw expired();
    const outcome = await this.#outbox.transact(async (transaction) => {
      const now = new Date();
      const [session] = await select(
        this.#database,
        sessionRow,
        `SELECT ${sessionColumns} FROM sessions s WHERE s.id = $id AND s.expires_at > $now FOR UPDATE`,
        { id, now },
        transaction,
      );
      if (!session) return null;
      const [user] = await select(
        this.#database,
        userRow,
        `SELECT ${userColumns} FROM users u WHERE u.id = $id AND u.active`,
        { id: session.user_id },
        transaction,
      );
      if (!user) return null;
      const next = this.#signer.nextRefreshSecret(secret);
      const given = digest(secret);
      if (timingSafeEqual(session.secret_hash, given)) {
        await this.#rotate(session, digest(next), now, transaction);
        return this.#answer(user, id, next);
      }
      const replayed = session.previous_hash && timingSafeEqual(session.previous_hash, given);
      if (replayed && now.getTime() - session.refreshed_at.getTime() <= graceMs) return this.#answer(user, id, next);
      if (replayed) await this.#end(id, 'token_reuse', transaction);
      return null;
    });
    if (!outcome) throw expired();
    return outcome;
  }

  /** The user of a session that has not ended; throws `unauthenticated`. */
  async user(sessionId: string): Promise<UserRow> {
    const [user] = await select(
      this.#database,
      userRow,
      `SELECT ${userColumns} FROM sessions s JOIN users u ON u.id = s.user_id
       WHERE s.id = $sessionId AND s.expires_at > $now AND u.active`,
      { sessionId, now: new Date() },
    );
    if (!user) throw expired();
    return user;
  }

  /** Ends a session, if it has not ended already. */
  async end(sessionId: string): Promise<void> {
    await this.#outbox.transact((transaction) => this.#end(sessionId, 'logout', transaction));
  }

  /** Ends every session of a user, in the transaction that gives the reason. */
  async endAll(userId: string, reason: Reason, transaction: Transaction): Promise<void> {
    const ended = await select(
      this.#database,
      z.object({ id: z.string() }),
      'DELETE FROM sessions WHERE user_id = $userId RETURNING id',
      { userId },
      transaction,
    );
    if (ended.length > 0) await this.#tell({ id: userId, session_id: null, reason }, transaction);
  }

  /** Deletes sessions whose life is over. */
  async sweep(): Promise<void> {
    await this.#database.query('DELETE FROM sessions WHERE expires_at < $now', { bind: { now: new Date() } });
  }

  async #rotate(
    { id, secret_hash, created_at }: z.infer<typeof sessionRow>,
    next: Buffer,
    now: Date,
    transaction: Transaction,
  ): Promise<void> {
    const expiresAt = new Date(Math.min(now.getTime() + idleMs, created_at.getTime() + longestMs));
    await this.#database.query(
      `UPDATE sessions SET previous_hash = $previous, secret_hash = $next, refreshed_at = $now, expires_at = $expiresAt
       WHERE id = $id`,
      { bind: { id, previous: secret_hash, next, now, expiresAt }, transaction },
    );
  }

  async #end(sessionId: string, reason: Reason, transaction: Transaction): Promise<void> {
    const [ended] = await select(
      this.#database,
      z.object({ user_id: z.string() }),
      'DELETE FROM sessions WHERE id = $sessionId RETURNING user_id',
      { sessionId },
      transaction,
    );
    if (ended) await this.#tell({ id: ended.user_id, session_id: sessionId, reason }, transaction);
  }

  async #tell(value: EventValue<'user.session_revoked'>, transaction: Transaction): Promise<void> {
    await this.#outbox.append([{ type: 'user.session_revoked', value }], transaction);
  }

  async #answer(user: UserRow, sessionId: string, secret: string): Promise<Session> {
    return {
      access_token: await this.#signer.sign(toUser(user), sessionId),
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: `${sessionId}.${secret}`,
      user: toUser(user),
    };
  }
}
