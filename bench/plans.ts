import type pg from 'pg';
import type { Sequelize } from '../services/runtime/src/database/database.ts';
import { z } from 'zod';

export interface Statement {
  sql: string;
  bind: unknown[];
}

/** Sequelize's query, which is told here what goes to pg: named binds have become positions already. */
const runnable = z.object({
  run: z.custom<(this: unknown, sql: string, bind: unknown[]) => Promise<unknown>>(
    (value) => value instanceof Function,
  ),
});

/** The statements that `work` sends, with their values, as pg gets them. */
export const recordStatements = async (database: Sequelize, work: () => Promise<unknown>): Promise<Statement[]> => {
  const statements: Statement[] = [];
  database.addHook('beforeQuery', 'record', (_, query) => {
    const { run } = runnable.parse(query);
    const record = (sql: string, bind: unknown[] = []): Promise<unknown> => {
      statements.push({ sql, bind });
      return run.call(query, sql, bind);
    };
    Object.assign(query, { run: record });
  });
  try {
    await work();
  } finally {
    database.removeHook('beforeQuery', 'record');
  }
  return statements;
};

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: Node[];
}
const node: z.ZodType<Node> = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Index Name': z.string().optional(),
  get Plans() {
    return z.array(node).optional();
  },
});
const explained = z.tuple([z.object({ Plan: node, 'Planning Time': z.number(), 'Execution Time': z.number() })]);

const nodesOf = (top: Node): Node[] => [top, ...(top.Plans ?? []).flatMap(nodesOf)];

/** How long a statement takes in the server (planning and execution, median of three), and how it is done. */
export const explain = async (client: pg.Client, { sql, bind }: Statement) => {
  const runs: { ms: number; plan: Node }[] = [];
  for (let run = 0; run < 3; run += 1) {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`, bind);
    const [row] = z.array(z.object({ 'QUERY PLAN': explained })).parse(rows);
    if (!row) throw new Error('EXPLAIN gave nothing');
    const [{ Plan: plan, ...times }] = row['QUERY PLAN'];
    runs.push({ ms: times['Planning Time'] + times['Execution Time'], plan });
  }
  const [, middle] = runs.sort((a, b) => a.ms - b.ms);
  if (!middle) throw new Error('EXPLAIN did not run');
  const nodes = nodesOf(middle.plan);
  const big = ['orders', 'order_items', 'order_status_history', 'order_figures'];
  return {
    ms: middle.ms,
    sequential:
      nodes.filter((one) => one['Node Type'] === 'Seq Scan' && big.includes(one['Relation Name'] ?? '')).length > 0,
    indexes: [...new Set(nodes.flatMap((one) => one['Index Name'] ?? []))].filter(
      (name) => !name.startsWith('order_items'),
    ),
  };
};
