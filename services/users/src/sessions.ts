import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { accessTokenSeconds, type Session } from '@live-orders/contracts/rest/users.ts';
import type { EventValue } from '@live-orders/contracts/domain/events.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { select } from '@live-orders/runtime/database/select.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { sessionColumns, type SessionRow, sessionRow, toUser, userColumns, userRow, type UserRow } from './rows.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { Signer } from './tokens.ts';

const idleMs = 7 * 24 * 3_600_000;
const longestMs = 30 * 24 * 3_600_000;
/** How long the last refresh token is still accepted: a second tab may hold the one that the first has just used. */
const graceMs = 10_000;

type Reason = EventValue<'user.session_revoked'>['reason'];

const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const expired = (): ProblemError => new ProblemError('unauthenticated', 'The session has ended; log in again.');

/** `<session id>.<secret>` at first, `<session id>.<generation>.<secret>` after that many renewals. */
const refreshToken = z
  .string()
  .regex(/^[\da-f-]{36}(\.\d{1,9})?\.[\w-]{43}$/i)
  .transform((text) => {
    const [id = '', ...rest] = text.split('.');
    return { id, secret: rest.at(-1) ?? '', generation: rest.length > 1 ? Number(rest[0]) : 0 };
  })
  .pipe(z.object({ id: z.uuid(), secret: z.string(), generation: z.int() }));

/** Logins of users. A session lives 7 days after its last refresh and 30 days at most. */
export class Sessions {
  readonly #database: Sequelize;
  readonly #outbox: Outbox;
  readonly #signer: Signer;
  readonly #trail: AuditTrail;

  constructor(options: { database: Sequelize; outbox: Outbox; signer: Signer; trail: AuditTrail }) {
    this.#database = options.database;
    this.#outbox = options.outbox;
    this.#signer = options.signer;
    this.#trail = options.trail;
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
      await this.#trail.add('login.succeeded', { subject: user.id, actor: user.id, details: {} }, transaction);
      return this.#answer(user, id, secret);
    });
  }

  /**
   * Takes a refresh token and gives a new access token and the next refresh token. The token before the present one is
   * accepted for 10 s more. Any other that was good once must have been stolen or replayed, and the session ends (RFC 9700,
   * 4.14.2). Throws `unauthenticated`.
   */
  async refresh(token: string): Promise<Session> {
    const given = refreshToken.safeParse(token).data;
    if (!given) throw expired();
    const { id } = given;
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
      if (!user || !this.#wasGiven(given, session)) return null;
      const behind = session.generation - given.generation;
      if (behind === 0) await this.#renew(session, now, transaction);
      else if (behind > 1 || now.getTime() - session.refreshed_at.getTime() > graceMs) {
        await this.#end(id, 'token_reuse', transaction);
        await this.#trail.add('session.stolen', { subject: user.id, details: {} }, transaction);
        return null;
      }
      return this.#answer(user, id, this.#nextSecret(session, given.generation));
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
    await this.#outbox.transact(async (transaction) => {
      const ended = await this.#end(sessionId, 'logout', transaction);
      if (ended) await this.#trail.add('session.ended', { subject: ended.user_id, details: {} }, transaction);
    });
  }

  /**
   * Ends every session of a user, in the transaction that gives the reason. The user's row is locked, so that a session
   * which opens meanwhile waits, and belongs to the new epoch.
   */
  async endAll(userId: string, reason: Reason, transaction: Transaction): Promise<void> {
    const [user] = await select(
      this.#database,
      z.object({ session_epoch: z.int() }),
      'UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $userId RETURNING session_epoch',
      { userId },
      transaction,
    );
    const ended = await select(
      this.#database,
      z.object({ id: z.string() }),
      'DELETE FROM sessions WHERE user_id = $userId RETURNING id',
      { userId },
      transaction,
    );
    if (user && ended.length > 0) await this.#tell({ id: userId, session_id: null, reason, ...user }, transaction);
  }

  /** Deletes sessions whose life is over. */
  async sweep(): Promise<void> {
    await this.#database.query('DELETE FROM sessions WHERE expires_at < $now', { bind: { now: new Date() } });
  }

  /** Whether a token with this secret was given out for this session, now or some renewals ago. */
  #wasGiven({ secret, generation }: z.infer<typeof refreshToken>, session: SessionRow): boolean {
    if (generation > session.generation) return false;
    if (generation === 0) return timingSafeEqual(digest(secret), session.secret_hash);
    const right = this.#signer.refreshSecret(session.secret_hash, generation);
    return timingSafeEqual(digest(secret), digest(right));
  }

  /** What follows the session's id in the token that comes after the one of this generation. */
  #nextSecret({ secret_hash }: SessionRow, generation: number): string {
    return `${generation + 1}.${this.#signer.refreshSecret(secret_hash, generation + 1)}`;
  }

  async #renew({ id, created_at }: SessionRow, now: Date, transaction: Transaction): Promise<void> {
    const expiresAt = new Date(Math.min(now.getTime() + idleMs, created_at.getTime() + longestMs));
    await this.#database.query(
      `UPDATE sessions SET generation = generation + 1, refreshed_at = $now, expires_at = $expiresAt WHERE id = $id`,
      { bind: { id, now, expiresAt }, transaction },
    );
  }

  /** Undefined where the session had ended already. */
  async #end(sessionId: string, reason: Reason, transaction: Transaction): Promise<{ user_id: string } | undefined> {
    const [ended] = await select(
      this.#database,
      z.object({ user_id: z.string() }),
      'DELETE FROM sessions WHERE id = $sessionId RETURNING user_id',
      { sessionId },
      transaction,
    );
    if (ended) await this.#tell({ id: ended.user_id, session_id: sessionId, reason }, transaction);
    return ended;
  }

  async #tell(value: EventValue<'user.session_revoked'>, transaction: Transaction): Promise<void> {
    await this.#outbox.append([{ type: 'user.session_revoked', value }], transaction);
  }

  async #answer(user: UserRow, sessionId: string, secret: string): Promise<Session> {
    return {
      access_token: await this.#signer.sign(user, sessionId),
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: `${sessionId}.${secret}`,
      user: toUser(user),
    };
  }
}
