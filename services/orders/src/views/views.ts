import {
  mostViews,
  type SavedView,
  type SavedViewChange,
  type SavedViewCreation,
} from '@live-orders/contracts/rest/views.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { columnsOf, select, timestampColumn } from '@live-orders/runtime/database/select.ts';
import { isDuplicate } from '@live-orders/runtime/database/sql-state.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { namedValues } from '../database/insert.ts';

/** A `SavedView` of the contracts as table `saved_views` has it. */
const viewRow = z.object({
  id: z.string(),
  name: z.string(),
  search: z.string(),
  created_at: timestampColumn,
  updated_at: timestampColumn,
} satisfies Record<keyof SavedView, z.ZodType>);

/** For `saved_views v`. */
const viewColumns = columnsOf(viewRow, 'v');
const viewValues = namedValues([...Object.keys(viewRow.shape), 'user_id']);

const noSuchView = (): ProblemError => new ProblemError('not_found', 'You have no view with this id.');

/** Names are unique in whatever case, which the table sees to. */
const named = async <T>(name: string | undefined, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new ProblemError('view_name_taken', `You have a view called “${name}” already.`);
  }
};

/** The views of the board that members of the team keep. Each reaches the own ones only; nobody is told of a change, so there is no event. */
export class Views {
  readonly #database: Sequelize;

  constructor(database: Sequelize) {
    this.#database = database;
  }

  /** All of a user's, by name. */
  list(userId: string): Promise<SavedView[]> {
    const sql = `SELECT ${viewColumns} FROM saved_views v WHERE v.user_id = $userId ORDER BY lower(v.name), v.id`;
    return select(this.#database, viewRow, sql, { userId });
  }

  /** Throws `view_name_taken`, and `too_many_views`. */
  create(userId: string, wanted: SavedViewCreation): Promise<SavedView> {
    return named(wanted.name, () =>
      this.#database.transaction((transaction) => this.#create(userId, wanted, transaction)),
    );
  }

  /** Throws `not_found`, and `view_name_taken`. */
  async change(userId: string, id: string, { name, search }: SavedViewChange): Promise<SavedView> {
    const sql = `UPDATE saved_views v SET name = coalesce($name, v.name), search = coalesce($search, v.search), updated_at = $at
      WHERE v.id = $id AND v.user_id = $userId RETURNING ${viewColumns}`;
    const bind = { id, userId, name: name ?? null, search: search ?? null, at: new Date().toISOString() };
    const [changed] = await named(name, () => select(this.#database, viewRow, sql, bind));
    if (!changed) throw noSuchView();
    return changed;
  }

  /** Throws `not_found`. */
  async remove(userId: string, id: string): Promise<void> {
    const sql = 'DELETE FROM saved_views WHERE id = $id AND user_id = $userId RETURNING id';
    const removed = await select(this.#database, viewRow.pick({ id: true }), sql, { id, userId });
    if (removed.length === 0) throw noSuchView();
  }

  async #create(userId: string, wanted: SavedViewCreation, transaction: Transaction): Promise<SavedView> {
    // One after the other, so that those which come at once are counted too.
    const lock = 'SELECT pg_advisory_xact_lock(hashtextextended($userId, 1))';
    await this.#database.query(lock, { bind: { userId }, transaction });
    const counting = 'SELECT count(*)::int AS count FROM saved_views WHERE user_id = $userId';
    const [kept] = await select(this.#database, z.object({ count: z.number() }), counting, { userId }, transaction);
    if (kept && kept.count >= mostViews)
      throw new ProblemError(
        'too_many_views',
        `You keep ${mostViews} views, which is as many as can be; delete one first.`,
      );
    const at = new Date().toISOString();
    const created: SavedView = { id: uuidv7(), ...wanted, created_at: at, updated_at: at };
    await this.#database.query(`INSERT INTO saved_views ${viewValues}`, {
      bind: { ...created, user_id: userId },
      transaction,
    });
    return created;
  }
}
