import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import { select } from '@live-orders/runtime/database/select.ts';
import { z } from 'zod';

/** The figures are exact at any time: a roll-up only keeps short what `Stats` has to read from the history itself. */
const everyMs = 2_000;

const markRow = z.object({ xid: z.string(), next: z.string(), restored: z.boolean() });

/**
 * Adds the steps of finished transactions to `order_figures`: all below the oldest transaction that still runs, so that
 * none is missed or counted twice. One process at a time does it; another one returns at once. It is no part of the
 * transactions that write steps: those would wait for each other at the rows of the figures.
 */
export const rollUp = async (database: Sequelize): Promise<void> => {
  await database.transaction(async (transaction) => {
    const [mark] = await select(
      database,
      markRow,
      `SELECT xid::text, now.xmin::text AS next, xid > now.xmin AS restored
       FROM order_figures_mark, (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) now
       FOR UPDATE OF order_figures_mark SKIP LOCKED`,
      {},
      transaction,
    );
    if (!mark) return;
    // For the first roll-up, which may have millions of steps to sum up.
    await database.query("SET LOCAL work_mem = '64MB'", { transaction });
    if (mark.restored) await beginAgain(database, transaction);
    else await addSteps(database, mark, transaction);
  });
};

const addSteps = async (
  database: Sequelize,
  { xid, next }: { xid: string; next: string },
  transaction: Transaction,
): Promise<void> => {
  await database.query(
    // In two stages: by minute or hour first, which leaves few rows for the coarser grains.
    `WITH facts AS MATERIALIZED (
       SELECT measure, date_trunc(CASE WHEN at >= now() - interval '2 hours' THEN 'minute' ELSE 'hour' END, at, 'UTC') AS at,
         label, slot, sum(count) AS count, sum(count * amount) AS amount
       FROM order_facts WHERE xid >= $xid::xid8 AND xid < $next::xid8 GROUP BY 1, 2, 3, 4
     ), added AS (
       INSERT INTO order_figures AS known (grain, measure, at, label, slot, count, amount)
       SELECT g.grain, f.measure, CASE g.grain WHEN 'ever' THEN 'epoch' ELSE date_trunc(g.grain, f.at, 'UTC') END,
         f.label, f.slot, sum(f.count), sum(f.amount)
       FROM facts f CROSS JOIN (VALUES ('minute'), ('hour'), ('day'), ('ever')) AS g (grain)
       WHERE (g.grain <> 'minute' OR f.at >= now() - interval '2 hours')
         AND (g.grain <> 'ever' OR f.measure IN ('entered', 'stay'))
       GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3
       ON CONFLICT (grain, measure, at, label, slot)
       DO UPDATE SET count = known.count + excluded.count, amount = known.amount + excluded.amount
       RETURNING 1
     )
     UPDATE order_figures_mark SET xid = $next::xid8 WHERE EXISTS (SELECT FROM added)`,
    { bind: { xid, next }, transaction },
  );
  await database.query("DELETE FROM order_figures WHERE grain = 'minute' AND at < now() - interval '2 hours'", {
    transaction,
  });
};

/** Begins again after a dump was restored into a new cluster, where transactions count from the beginning again. */
const beginAgain = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  const statements = [
    'DELETE FROM order_figures',
    "UPDATE order_status_history SET xid = '0' WHERE xid <> '0'",
    "UPDATE order_figures_mark SET xid = '0'",
  ];
  for (const statement of statements) await database.query(statement, { transaction });
};

/** Rolls up every two seconds; a failure is tried again a moment later. */
export const rollupTask = (database: Sequelize, log: Log): Task => ({
  name: 'figures',
  async run(signal) {
    while (!signal.aborted) {
      try {
        await rollUp(database);
      } catch (error) {
        log.warn({ err: error }, 'rolling up the figures failed; it is tried again');
      }
      await pause(everyMs, signal);
    }
  },
});
