import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { connectDatabase, type Sequelize, transact, type Transaction } from './database.ts';
import { errorCode } from '../process/error-code.ts';
import { createLog, loggedError } from '../process/log.ts';
import { execute, selectPrepared } from './prepared.ts';
import { bigintColumn, columnsOf, select, timestampColumn } from './select.ts';
import { isBadValue, isConflict, isLockTimeout, isTemporary } from './sql-state.ts';

const log = createLog('test', 'silent');
let territory: Territory;
let database: Sequelize;

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  database = connectDatabase(territory.databaseUrl, 4, 'database test');
  await database.query('CREATE TABLE tries (n integer)');
});

afterAll(async () => {
  await database.close();
  await territory.remove();
});

/** Work that leaves a row and then fails with this SQLSTATE, `failures` times; gives how often it was done. */
const failing = (state: string, failures: number) => {
  const done = { times: 0 };
  const work = async (transaction: Transaction): Promise<number> => {
    done.times += 1;
    await database.query('INSERT INTO tries VALUES ($1)', { bind: [done.times], transaction });
    if (done.times <= failures) {
      await database.query(`DO $$ BEGIN RAISE 'made up' USING ERRCODE = '${state}'; END $$`, { transaction });
    }
    return done.times;
  };
  return { done, work };
};

const takeRows = async (): Promise<unknown> => (await database.query('DELETE FROM tries RETURNING n'))[0];

describe('a transaction', () => {
  test.each(['40001', '40P01'])(
    'that loses a conflict (%s) is done again, and leaves nothing of the lost try',
    async (state) => {
      const { work } = failing(state, 2);
      expect(await transact(database, work, log)).toBe(3);
      expect(await takeRows()).toEqual([{ n: 3 }]);
    },
  );

  test('that always loses gives up after 5 tries, and the caller may ask again', async () => {
    const { done, work } = failing('40P01', Infinity);
    const error: unknown = await transact(database, work, log).catch((reason: unknown) => reason);
    expect({ state: errorCode(error), conflict: isConflict(error), temporary: isTemporary(error) }).toEqual({
      state: '40P01',
      conflict: true,
      temporary: true,
    });
    expect(done.times).toBe(5);
    expect(await takeRows()).toEqual([]);
  });

  test.each(['55P03', '23505', '57P01', 'P0001'])('that fails otherwise (%s) is not done again', async (state) => {
    const { done, work } = failing(state, Infinity);
    await expect(transact(database, work, log)).rejects.toThrow();
    expect(done.times).toBe(1);
    expect(await takeRows()).toEqual([]);
  });

  test('that fails in our own code is not done again', async () => {
    let times = 0;
    const work = (): Promise<never> => {
      times += 1;
      return Promise.reject(new TypeError('ours'));
    };
    await expect(transact(database, work, log)).rejects.toThrow('ours');
    expect(times).toBe(1);
  });
});

describe('a failure', () => {
  test('of a lock that was not had in time is told apart', async () => {
    const { work } = failing('55P03', 1);
    const error: unknown = await transact(database, work, log).catch((reason: unknown) => reason);
    expect([isLockTimeout(error), isConflict(error), isTemporary(error)]).toEqual([true, false, true]);
    expect(isLockTimeout(new Error('other'))).toBe(false);
  });

  test.each([
    ['22008', isBadValue],
    ['22003', isBadValue],
    ['25006', isTemporary],
  ])('with SQLSTATE %s is told apart', async (code, tells) => {
    const { work } = failing(code, 1);
    const error: unknown = await transact(database, work, log).catch((reason: unknown) => reason);
    expect([isBadValue, isTemporary].filter((one) => one(error))).toEqual([tells]);
  });

  test('is logged with its code and place, but without the statement and its values', async () => {
    const statement = 'SELECT $1::text::int';
    const error: unknown = await database.query(statement, { bind: ['no number'] }).catch((reason: unknown) => reason);
    if (!(error instanceof Error)) throw new Error('no error');
    const logged = JSON.stringify(loggedError(Object.assign(error, { message: 'told' })));
    expect(logged).toContain('22P02');
    expect(logged).not.toMatch(/no number|SELECT/);
  });

  test('of a prepared statement is logged without its row', async () => {
    await database.query('CREATE TABLE full_names (name text CHECK (length(name) < 5))');
    const work = (transaction: Transaction) =>
      execute(transaction, 'INSERT INTO full_names VALUES ($name)', { name: 'Ada Adler' });
    const error: unknown = await transact(database, work, log).catch((reason: unknown) => reason);
    if (!(error instanceof Error)) throw new Error('no error');
    expect(errorCode(error)).toBe('23514');
    expect(JSON.stringify(loggedError(error))).not.toContain('Ada');
  });

  const terminate = 'SELECT pg_terminate_backend(pg_backend_pid())';
  test.each([
    ['a statement', async (transaction: Transaction): Promise<unknown> => database.query(terminate, { transaction })],
    ['a prepared statement', async (transaction: Transaction): Promise<unknown> => execute(transaction, terminate, {})],
  ])('of a connection that the server ended within %s leaves a pool that works', async (_how, work) => {
    for (let times = 0; times < 6; times += 1) {
      const error: unknown = await database.transaction(work).catch((reason: unknown) => reason);
      expect(isTemporary(error)).toBe(true);
    }
    expect(await database.query('SELECT 1 AS n')).toEqual([[{ n: 1 }], expect.anything()]);
  });
});

describe('a prepared statement', () => {
  const backend = 'SELECT pg_backend_pid() AS pid, $text::text AS text, $text::text || $other::text AS both';
  const row = z.object({ pid: z.number(), text: z.string(), both: z.string() });

  test('is parsed once for a connection, takes its values by name, and gives rows', async () => {
    await transact(
      database,
      async (transaction) => {
        const [first] = await selectPrepared(transaction, row, backend, { text: 'a', other: 'b' });
        const [second] = await selectPrepared(transaction, row, backend, { text: 'c', other: 'd' });
        expect([first?.both, second?.both]).toEqual(['ab', 'cd']);
        const [known] = await database.query(
          `SELECT generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE statement LIKE '%pg_backend_pid%'`,
          { transaction },
        );
        expect(known).toEqual([{ runs: '2' }]);
      },
      log,
    );
  });

  test('is part of its transaction, and is refused once that has ended', async () => {
    let kept: Transaction | undefined;
    const work = async (transaction: Transaction): Promise<void> => {
      kept = transaction;
      await execute(transaction, 'INSERT INTO tries VALUES ($n::int)', { n: 1 });
      throw new Error('changed my mind');
    };
    await expect(transact(database, work, log)).rejects.toThrow('changed my mind');
    expect(await takeRows()).toEqual([]);
    if (!kept) throw new Error('there was no transaction');
    await expect(execute(kept, 'SELECT 1', {})).rejects.toThrow('has ended');
  });

  test('without one of its values is refused', async () => {
    const work = (transaction: Transaction) => execute(transaction, 'SELECT $missing::text', {});
    await expect(transact(database, work, log)).rejects.toThrow('$missing');
  });

  test('goes on when a column of its table changes its type', async () => {
    await database.query('CREATE TABLE changing (n integer)');
    await database.query('INSERT INTO changing VALUES (7)');
    const read = () =>
      transact(
        database,
        (transaction) => execute(transaction, 'SELECT n FROM changing WHERE n > $least', { least: 1 }),
        log,
      );
    expect(await read()).toEqual([{ n: 7 }]);
    await database.query('ALTER TABLE changing ALTER n TYPE text');
    await database.query('ALTER TABLE changing ALTER n TYPE bigint USING n::bigint');
    expect(await read()).toEqual([{ n: '7' }]);
  });
});

describe('a row', () => {
  const shelf = z.object({
    id: z.number(),
    total: bigintColumn,
    at: timestampColumn,
    note: z.string().nullable(),
    lines: z.array(z.string()),
  });
  const columns = columnsOf(shelf, 's', { lines: 'to_json(s.texts)' });

  beforeAll(async () => {
    await database.query('CREATE TABLE shelves (id integer, total bigint, at timestamptz(3), note text, texts text[])');
  });

  test('is read by its schema alone, and a value may be used twice', async () => {
    const written = { id: 7, total: 12_345_678_901, at: '2026-03-14T09:26:53.589Z', note: null, lines: ['a', 'b $id'] };
    const rows = await select(
      database,
      shelf,
      `INSERT INTO shelves AS s VALUES ($id, $total, $at, $note, $lines::text[])
       RETURNING ${columns}`,
      written,
    );
    expect(rows).toEqual([written]);
    const twice = 'SELECT $id::int + $id::int AS sum WHERE $ids::int[] @> ARRAY[$id::int]';
    expect(await select(database, z.object({ sum: z.number() }), twice, { id: 4, ids: [4, 5] })).toEqual([{ sum: 8 }]);
  });

  test('that does not fit its schema is refused, and so is a name without a value', async () => {
    const wrong = select(database, shelf, `SELECT 1 AS id, 'two' AS total`, {});
    await expect(wrong).rejects.toThrow(/^a row does not fit its schema: .*at at/s);
    await expect(select(database, shelf, 'SELECT $missing', {})).rejects.toThrow('missing');
  });
});
