import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { accessTokenSeconds, type Session } from '@live-orders/contracts/rest/users.ts';
import type { EventValue } from '@live-orders/contracts/domain/events.ts';
import type { Transaction } from '@live-orders/runtime/database/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { Op } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { SessionRow, toUser, UserRow } from './rows.ts';
import type { Signer } from './tokens.ts';

const idleMs = 7 * 24 * 3_600_000;
const longestMs = 30 * 24 * 3_600_000;
/** A second tab may still hold the refresh token that the first one has just used. */
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
  readonly #outbox: Outbox;
  readonly #signer: Signer;

  constructor(outbox: Outbox, signer: Signer) {
    this.#outbox = outbox;
    this.#signer = signer;
  }

  /**
   * Opens a session for a user as he was when his password was compared, which takes a while: whoever was deactivated or
   * changed meanwhile gets `invalid_credentials`. The lock makes a change wait, so that it ends this session too.
   */
  async open(checked: UserRow): Promise<Session> {
    const secret = randomBytes(32).toString('base64url');
    return this.#outbox.transact(async (transaction) => {
      const user = await UserRow.findByPk(checked.id, { transaction, lock: transaction.LOCK.SHARE });
      if (!user?.active || user.password !== checked.password || user.role !== checked.role) {
        throw new ProblemError('invalid_credentials', 'The account has just changed; log in again.');
      }
      const now = new Date();
      const session = await SessionRow.create(
        {
          id: uuidv7(),
          user_id: user.id,
          secret_hash: digest(secret),
          previous_hash: null,
          refreshed_at: now,
          expires_at: new Date(now.getTime() + idleMs),
        },
        { transaction },
      );
      return this.#answer(user, session, secret);
    });
  }

  /**
   * Swaps a refresh token for a new session answer. The token before the present one is good for 30 s more; after that
   * it is a stolen or replayed one, and the session ends. Throws `unauthenticated`.
   */
  async refresh(token: string): Promise<Session> {
    const [id, secret] = refreshToken.safeParse(token).data ?? [];
    if (!id || !secret) throw expired();
    const outcome = await this.#outbox.transact(async (transaction) => {
      const session = await SessionRow.findByPk(id, { transaction, lock: transaction.LOCK.UPDATE });
      const user = session && (await UserRow.findByPk(session.user_id, { transaction }));
      const now = Date.now();
      if (!session || !user?.active || session.expires_at.getTime() <= now) return null;
      const next = this.#signer.nextRefreshSecret(secret);
      if (timingSafeEqual(session.secret_hash, digest(secret))) {
        session.set({
          previous_hash: session.secret_hash,
          secret_hash: digest(next),
          refreshed_at: new Date(now),
          expires_at: new Date(Math.min(now + idleMs, session.created_at.getTime() + longestMs)),
        });
        await session.save({ transaction });
        return this.#answer(user, session, next);
      }
      const replayed = session.previous_hash && timingSafeEqual(session.previous_hash, digest(secret));
      if (replayed && now - session.refreshed_at.getTime() <= graceMs) return this.#answer(user, session, next);
      if (replayed) await this.#end([session], session.id, 'token_reuse', transaction);
      return null;
    });
    if (!outcome) throw expired();
    return outcome;
  }

  /** The user of a session that has not ended; throws `unauthenticated`. */
  async user(sessionId: string): Promise<UserRow> {
    const session = await SessionRow.findOne({ where: { id: sessionId, expires_at: { [Op.gt]: new Date() } } });
    const user = session && (await UserRow.findByPk(session.user_id));
    if (!user?.active) throw expired();
    return user;
  }

  async end(sessionId: string): Promise<void> {
    await this.#outbox.transact(async (transaction) => {
      const session = await SessionRow.findByPk(sessionId, { transaction, lock: transaction.LOCK.UPDATE });
      if (session) await this.#end([session], session.id, 'logout', transaction);
    });
  }

  /** Ends every session of a user, in the transaction that gives the reason. */
  async endAll(userId: string, reason: Reason, transaction: Transaction): Promise<void> {
    const sessions = await SessionRow.findAll({ where: { user_id: userId }, transaction });
    if (sessions.length > 0) await this.#end(sessions, null, reason, transaction);
  }

  /** Deletes sessions whose life is over. */
  async sweep(): Promise<void> {
    await SessionRow.destroy({ where: { expires_at: { [Op.lt]: new Date() } } });
  }

  async #end(
    sessions: SessionRow[],
    sessionId: string | null,
    reason: Reason,
    transaction: Transaction,
  ): Promise<void> {
    const [first] = sessions;
    if (!first) return;
    await SessionRow.destroy({ where: { id: sessions.map((session) => session.id) }, transaction });
    const value = { id: first.user_id, session_id: sessionId, reason };
    await this.#outbox.append([{ type: 'user.session_revoked', value }], transaction);
  }

  async #answer(user: UserRow, session: SessionRow, secret: string): Promise<Session> {
    return {
      access_token: await this.#signer.sign(toUser(user), session.id),
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: `${session.id}.${secret}`,
      user: toUser(user),
    };
  }
}
