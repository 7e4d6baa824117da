import type pg from 'pg';
import { z } from 'zod';

/** Each relation, column, constraint, index, function, trigger, sequence and extension, as PostgreSQL describes it. */
const sql = `
  SELECT 'relation' AS kind, c.relname AS name,
    concat_ws(' ', c.relkind, c.relpersistence, c.reloptions::text, pg_get_viewdef(c.oid)) AS definition
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
  UNION ALL
  SELECT 'column', a.attrelid::regclass || '.' || a.attnum, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(a.attidentity::text, ''),
    'generated ' || nullif(a.attgenerated::text, ''), 'collation ' || nullif(a.attcollation, 0)::regcollation::text,
    'storage ' || a.attstorage::text, 'statistics ' || a.attstattarget)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT 'constraint', conrelid::regclass || '.' || conname, concat_ws(' ', pg_get_constraintdef(oid), 'validated ' || convalidated)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL
  SELECT 'index', indexrelid::regclass::text, concat_ws(' ', pg_get_indexdef(indexrelid), 'valid ' || indisvalid)
  FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL
  SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
  UNION ALL
  SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL
  SELECT 'sequence', s.seqrelid::regclass::text, concat_ws(' ', format_type(s.seqtypid, NULL), 'start ' || s.seqstart,
    'increment ' || s.seqincrement, 'from ' || s.seqmin, 'to ' || s.seqmax, 'cache ' || s.seqcache, 'cycle ' || s.seqcycle)
  FROM pg_sequence s
  UNION ALL
  SELECT 'extension', extname, extversion FROM pg_extension
  ORDER BY kind, name`;

const rows = z.array(z.object({ kind: z.string(), name: z.string(), definition: z.string() }));

/** What a database is made of, apart from its rows: a definition for each `kind name`. */
export const readCatalogue = async (client: pg.Client): Promise<Record<string, string>> => {
  const found = rows.parse((await client.query(sql)).rows);
  return Object.fromEntries(found.map(({ kind, name, definition }) => [`${kind} ${name}`, definition]));
};
