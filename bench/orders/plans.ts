import pg from 'pg';
import { z } from 'zod';

export interface Statement {
  sql: string;
  bind: unknown[];
}

const named = z.object({ text: z.string(), values: z.array(z.unknown()) });
const binds = z.array(z.unknown()).catch([]);

/** The statements that `work` sends, with their values, as pg gets them: by Sequelize or as prepared ones. */
export const recordStatements = async (work: () => Promise<unknown>): Promise<Statement[]> => {
  const statements: Statement[] = [];
  const { query } = pg.Client.prototype;
  const record = function recordQuery(this: pg.Client, ...given: Parameters<typeof query>): unknown {
    const [statement, values] = given;
    const { text, values: bind } =
      typeof statement === 'string' ? { text: statement, values: binds.parse(values) } : named.parse(statement);
    statements.push({ sql: text, bind });
    return query.apply(this, given);
  };
  Object.assign(pg.Client.prototype, { query: record });
  try {
    await work();
  } finally {
    Object.assign(pg.Client.prototype, { query });
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
