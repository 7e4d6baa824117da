import type { Account, Role } from '@live-orders/contracts/domain/users.ts';
import { readCursor, sortValues, toPage } from '@live-orders/runtime/http/cursor.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { type Binds, select } from '@live-orders/runtime/database/select.ts';
import { isDuplicate } from '@live-orders/runtime/database/sql-state.ts';
import { isSame } from '@live-orders/runtime/http/preconditions.ts';
import { v7 as uuidv7 } from 'uuid';
import { toAccount, userColumns, userRow, type UserRow } from './rows.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { Caller } from './limits/caller.ts';
import type { Hasher } from './passwords/hashing.ts';
import { checkPassword } from './passwords/policy.ts';
import type { Sessions } from './sessions.ts';

export interface NewUser {
  email: string;
  password: string;
  name: string;
  role: Role;
}

export interface UserChange {
  name?: string | undefined;
  role?: Role | undefined;
  active?: boolean | undefined;
  password?: string | undefined;
}

interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

const newest = '-created_at';

const noSuchUser = (): ProblemError => new ProblemError('not_found', 'There is no user with this id.');

/** Writes a new user, in the transaction of the event that tells of it. `password` is the bcrypt hash. */
export const insertUser = async (
  database: Sequelize,
  user: { id: string; email: string; password: string; name: string; role: Role },
  transaction: Transaction,
): Promise<UserRow> => {
  const [row] = await select(
    database,
    userRow,
    `INSERT INTO users AS u (id, email, password, name, role, created_at, updated_at)
     VALUES ($id, $email, $password, $name, $role, $at, $at) RETURNING ${userColumns}`,
    { ...user, at: new Date().toISOString() },
    transaction,
  );
  if (!row) throw new Error('inserting a user gave no row');
  return row;
};

/** The users of the shop: every change is an event, and one that takes rights away ends the user's sessions. */
export class Users {
  readonly #database: Sequelize;
  readonly #outbox: Outbox;
  readonly #sessions: Sessions;
  readonly #hasher: Hasher;
  readonly #trail: AuditTrail;

  constructor(options: { database: Sequelize; outbox: Outbox; sessions: Sessions; hasher: Hasher; trail: AuditTrail }) {
    this.#database = options.database;
    this.#outbox = options.outbox;
    this.#sessions = options.sessions;
    this.#hasher = options.hasher;
    this.#trail = options.trail;
  }

  /**
   * `by` is `self` for somebody who registers. Throws `email_taken`, or `validation_failed` for a password that is easy to
   * guess.
   */
  async create(wanted: NewUser, caller: Caller, by: 'self' | 'admin'): Promise<UserRow> {
    checkPassword(wanted.password, wanted);
    const password = await this.#hasher.hash(wanted.password, caller);
    try {
      return await this.#outbox.transact(async (transaction) => {
        const created = await insertUser(this.#database, { ...wanted, id: uuidv7(), password }, transaction);
        await this.#outbox.append([{ type: 'user.registered', value: toAccount(created) }], transaction);
        const { id, role } = created;
        if (by === 'self') {
          await this.#trail.add('user.registered', { subject: id, actor: id, details: {} }, transaction);
        } else await this.#trail.add('user.created', { subject: id, details: { role } }, transaction);
        return created;
      });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new ProblemError('email_taken', `${wanted.email} is already registered; log in instead.`);
    }
  }

  /** The user with this address, deactivated or not; null when there is none. */
  async byEmail(email: string): Promise<UserRow | null> {
    const [row] = await this.#select('WHERE u.email = $email', { email });
    return row ?? null;
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<UserRow> {
    const [row] = await this.#select('WHERE u.id = $id', { id });
    if (!row) throw noSuchUser();
    return row;
  }

  /** A page of accounts, newest first. */
  list({ role, ...page }: PageQuery & { role?: Role | undefined }) {
    return this.#page('($role::text IS NULL OR u.role = $role)', { role: role ?? null }, page);
  }

  /** A page of those who take care of orders, newest first, or only the one with this id. */
  team({ id, ...page }: PageQuery & { id?: string | undefined }) {
    const isMember = `u.active AND u.role <> 'customer' AND ($member::uuid IS NULL OR u.id = $member)`;
    return this.#page(isMember, { member: id ?? null }, page);
  }

  /**
   * What changes nothing makes no version. Throws `not_found`, `last_admin` when nobody could administer any more, or
   * `validation_failed` for a password that is easy to guess.
   */
  async change(id: string, { password, ...given }: UserChange, caller: Caller): Promise<Account> {
    if (password !== undefined) checkPassword(password, { ...(await this.get(id)), ...given });
    const hashed = password && (await this.#hasher.hash(password, caller));
    return this.#outbox.transact(async (transaction) => {
      const admins = given.role === undefined && given.active === undefined ? [] : await this.#lockAdmins(transaction);
      const [before] = await this.#select('WHERE u.id = $id FOR UPDATE', { id }, transaction);
      if (!before) throw noSuchUser();
      const after: UserRow = {
        ...before,
        name: given.name ?? before.name,
        role: given.role ?? before.role,
        active: given.active ?? before.active,
        password: hashed ?? before.password,
      };
      if (isSame(before, after)) return toAccount(before);
      const isAdmin = after.role === 'admin' && after.active;
      if (!isAdmin && admins.length === 1 && admins[0]?.id === before.id) {
        throw new ProblemError('last_admin', 'Give another user the role admin first.');
      }
      const changed = toAccount(await this.#update(after, transaction));
      await this.#outbox.append([{ type: 'user.updated', value: changed }], transaction);
      await this.#revoke(before, after, transaction);
      await this.#record(before, after, transaction);
      return changed;
    });
  }

  /**
   * Stores the hash of a right password as it is made today, where it was made otherwise; gives the user as it then is. That
   * changes nothing of what anybody sees, so it makes no version and ends no session. A password that was changed meanwhile
   * stays.
   */
  async renewHash(user: UserRow, password: string, caller: Caller): Promise<UserRow> {
    if (!this.#hasher.isOutdated(user.password)) return user;
    const renewed = await this.#hasher.hash(password, caller);
    const [row] = await select(
      this.#database,
      userRow,
      `UPDATE users u SET password = $renewed WHERE u.id = $id AND u.password = $password RETURNING ${userColumns}`,
      { id: user.id, password: user.password, renewed },
    );
    if (row) return row;
    // Another login of this user may have been first.
    const now = await this.get(user.id);
    return (await this.#hasher.fits(password, now.password, caller)) ? now : user;
  }

  async #page(condition: string, bind: Binds, { limit, cursor }: PageQuery) {
    const [createdAt = null, id = null] = cursor ? readCursor(cursor, newest, sortValues.time) : [];
    const rows = await this.#select(
      `WHERE ${condition} AND ($createdAt::timestamptz IS NULL OR (u.created_at, u.id) < ($createdAt, $id::uuid))
       ORDER BY u.created_at DESC, u.id DESC LIMIT $most`,
      { ...bind, createdAt, id, most: limit + 1 },
    );
    return toPage(rows.map(toAccount), limit, newest, (row) => row.created_at);
  }

  /**
   * Administrators are locked together, so that two of them cannot demote each other at once. Only for a change that could end
   * one: else every customer's new name, and every login of an administrator, would wait for all others.
   */
  #lockAdmins(transaction: Transaction): Promise<UserRow[]> {
    return this.#select(`WHERE u.role = 'admin' AND u.active ORDER BY u.id FOR UPDATE`, {}, transaction);
  }

  #select(rest: string, bind: Binds, transaction?: Transaction): Promise<UserRow[]> {
    return select(this.#database, userRow, `SELECT ${userColumns} FROM users u ${rest}`, bind, transaction);
  }

  async #update({ id, name, role, active, password }: UserRow, transaction: Transaction): Promise<UserRow> {
    const [row] = await select(
      this.#database,
      userRow,
      `UPDATE users u SET name = $name, role = $role, active = $active, password = $password,
         version = u.version + 1, updated_at = $at
       WHERE u.id = $id RETURNING ${userColumns}`,
      { id, name, role, active, password, at: new Date().toISOString() },
      transaction,
    );
    if (!row) throw new Error(`user ${id} was locked and is gone`);
    return row;
  }

  async #revoke(before: UserRow, after: UserRow, transaction: Transaction): Promise<void> {
    if (before.active && !after.active) await this.#sessions.endAll(after.id, 'deactivated', transaction);
    else if (before.role !== after.role) await this.#sessions.endAll(after.id, 'role_changed', transaction);
    else if (before.password !== after.password) {
      await this.#sessions.endAll(after.id, 'password_changed', transaction);
    }
  }

  /** Tells the audit trail of what changed and concerns security. */
  async #record(before: UserRow, after: UserRow, transaction: Transaction): Promise<void> {
    const told = { subject: after.id, details: {} };
    if (before.role !== after.role) {
      const details = { from: before.role, to: after.role };
      await this.#trail.add('user.role_changed', { ...told, details }, transaction);
    }
    if (before.active !== after.active) {
      await this.#trail.add(after.active ? 'user.reactivated' : 'user.deactivated', told, transaction);
    }
    if (before.password !== after.password) await this.#trail.add('password.changed', told, transaction);
  }
}
