import type { Account, Role } from '@live-orders/contracts/domain/users.ts';
import { readCursor, sortValues, toPage } from '@live-orders/runtime/http/cursor.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { Op, type Transaction, UniqueConstraintError } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { toAccount, UserRow } from './rows.ts';
import { hashPassword } from './passwords.ts';
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

const newest = '-created_at';

const noSuchUser = (): ProblemError => new ProblemError('not_found', 'There is no user with this id.');

/** The users of the shop: every change is an event, and one that takes rights away ends the user's sessions. */
export class Users {
  readonly #outbox: Outbox;
  readonly #sessions: Sessions;
  readonly #bcryptCost: number;

  constructor(plan: { outbox: Outbox; sessions: Sessions; bcryptCost: number }) {
    this.#outbox = plan.outbox;
    this.#sessions = plan.sessions;
    this.#bcryptCost = plan.bcryptCost;
  }

  /** Throws `email_taken`. */
  async create(wanted: NewUser): Promise<UserRow> {
    const password = await hashPassword(wanted.password, this.#bcryptCost);
    try {
      return await this.#outbox.transact(async (transaction) => {
        const created = await UserRow.create({ ...wanted, id: uuidv7(), password }, { transaction });
        await this.#outbox.append([{ type: 'user.registered', value: toAccount(created) }], transaction);
        return created;
      });
    } catch (error) {
      if (!(error instanceof UniqueConstraintError)) throw error;
      throw new ProblemError('email_taken', `${wanted.email} is already registered; log in instead.`);
    }
  }

  byEmail(email: string): Promise<UserRow | null> {
    return UserRow.findOne({ where: { email, active: true } });
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<UserRow> {
    const row = await UserRow.findByPk(id);
    if (!row) throw noSuchUser();
    return row;
  }

  /** Newest first. */
  async list(query: { limit: number; cursor?: string | undefined; role?: Role | undefined }) {
    const [createdAt, id] = query.cursor ? readCursor(query.cursor, newest, sortValues.time) : [];
    const rows = await UserRow.findAll({
      where: {
        ...(query.role ? { role: query.role } : {}),
        ...(createdAt && id
          ? { [Op.or]: [{ created_at: { [Op.lt]: createdAt } }, { created_at: createdAt, id: { [Op.lt]: id } }] }
          : {}),
      },
      order: [
        ['created_at', 'DESC'],
        ['id', 'DESC'],
      ],
      limit: query.limit + 1,
    });
    return toPage(rows.map(toAccount), query.limit, newest, (row) => row.created_at);
  }

  /** Throws `not_found`, or `last_admin` when nobody could administer any more. */
  async change(id: string, change: UserChange): Promise<Account> {
    const hashed = change.password && (await hashPassword(change.password, this.#bcryptCost));
    return this.#outbox.transact(async (transaction) => {
      // Administrators are locked together, so that two of them cannot demote each other at once.
      const admins = await UserRow.findAll({
        where: { role: 'admin', active: true },
        order: ['id'],
        lock: transaction.LOCK.UPDATE,
        transaction,
      });
      const row = await UserRow.findByPk(id, { transaction, lock: transaction.LOCK.UPDATE });
      if (!row) throw noSuchUser();
      const before = { role: row.role, active: row.active };
      row.set({
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.role === undefined ? {} : { role: change.role }),
        ...(change.active === undefined ? {} : { active: change.active }),
        ...(hashed ? { password: hashed } : {}),
      });
      if (!row.changed()) return toAccount(row);
      const isAdmin = row.role === 'admin' && row.active;
      if (!isAdmin && admins.length === 1 && admins[0]?.id === row.id) {
        throw new ProblemError('last_admin', 'Give another user the role admin first.');
      }
      row.version += 1;
      await row.save({ transaction });
      await this.#outbox.append([{ type: 'user.updated', value: toAccount(row) }], transaction);
      await this.#revoke(row, before, Boolean(hashed), transaction);
      return toAccount(row);
    });
  }

  async #revoke(
    row: UserRow,
    before: { role: Role; active: boolean },
    newPassword: boolean,
    transaction: Transaction,
  ): Promise<void> {
    if (before.active && !row.active) await this.#sessions.endAll(row.id, 'deactivated', transaction);
    else if (before.role !== row.role) await this.#sessions.endAll(row.id, 'role_changed', transaction);
    else if (newPassword) await this.#sessions.endAll(row.id, 'password_changed', transaction);
  }
}
