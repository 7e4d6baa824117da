import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderFilter, OrderQuery } from '@live-orders/contracts/rest/orders.ts';
import { readCursor, readSort, sortValues, toPage } from '@live-orders/runtime/http/cursor.ts';
import type { Sequelize } from '@live-orders/runtime/database/database.ts';
import { QueryTypes } from 'sequelize';
import { z } from 'zod';
import { Conditions, contains } from '../database/conditions.ts';
import { orderColumns, type OrderRow, toOrder } from './rows.ts';
import type { Owner } from './orders.ts';

/** The conditions of a filter, for `orders o`. */
export const filterOrders = (filter: OrderFilter, owner: Owner): Conditions => {
  const where = new Conditions();
  if (owner) where.add((id) => `o.customer_id = ${id}`, owner);
  if (filter.customer_id) where.add((id) => `o.customer_id = ${id}`, filter.customer_id);
  const [status, ...more] = filter.status ?? [];
  // One alone keeps the order of an index that begins with the status; a list of one does not.
  if (more.length > 0) where.add((list) => `o.status = ANY(${list}::text[])`, filter.status);
  else if (status) where.add((one) => `o.status = ${one}`, status);
  // Assignments are not for customers, who must not learn of them by filtering either.
  if (filter.assigned_to && !owner) {
    if (filter.assigned_to === 'none') where.add(() => 'o.assigned_to IS NULL');
    else where.add((id) => `o.assigned_to = ${id}`, filter.assigned_to);
  }
  if (filter.created_from) where.add((at) => `o.created_at >= ${at}`, filter.created_from);
  if (filter.created_to) where.add((at) => `o.created_at < ${at}`, filter.created_to);
  if (filter.min_total !== undefined) where.add((total) => `o.total_amount >= ${total}`, filter.min_total);
  if (filter.max_total !== undefined) where.add((total) => `o.total_amount <= ${total}`, filter.max_total);
  if (filter.late === true) where.add(() => 'o.due_at < now()');
  if (filter.late === false) where.add(() => '(o.due_at IS NULL OR o.due_at >= now())');
  if (filter.q) search(where, filter.q);
  return where;
};

const search = (where: Conditions, q: string): void => {
  const number = /^#?(\d{1,9})$/.exec(q)?.[1];
  const part = contains(q.toLowerCase());
  // Trigrams find parts of three letters; fewer are looked for where words begin, or the whole index is read, for 2 s.
  const patterns = /[\p{L}\p{N}]{3}/u.test(q) ? [part] : [part.slice(1), `% ${part.slice(1)}`];
  const like = (places: string[]): string => places.map((place) => `o.search LIKE ${place}`).join(' OR ');
  if (number === undefined) where.add((...places) => `(${like(places)})`, ...patterns);
  else where.add((value, ...places) => `(o.number = ${value} OR ${like(places)})`, Number(number), ...patterns);
};

const valueOf = (order: Order, column: string): string | number => {
  if (column === 'total_amount') return order.total_amount;
  if (column === 'updated_at') return order.updated_at;
  return column === 'due_at' ? (order.due_at ?? '') : order.created_at;
};

/** To find 20,000 to 30,000 that fit and then sort them takes 30 ms, on a million orders and two cores. */
const sortableRows = 25_000;

/**
 * Whether to find everything that fits and then sort it, instead of walking along the sort's index until a page is full.
 * Left to itself PostgreSQL takes what fits to be spread evenly: on a busy machine
 * it walked for seconds to find 2 % that were all long ago.
 */
const findsFirst = async (
  database: Sequelize,
  filter: OrderQuery,
  column: string,
  where: Conditions,
): Promise<boolean> => {
  if (column === 'due_at' || isWalkable(filter, column)) return false;
  const [row] = await database.query(`EXPLAIN (FORMAT JSON) SELECT FROM orders o ${where.sql}`, {
    bind: where.values,
    type: QueryTypes.SELECT,
  });
  return estimate.parse(row)['QUERY PLAN'][0].Plan['Plan Rows'] <= sortableRows;
};

/** Whether what fits lies together in an index that has the sort's order, so that a walk meets little else. */
const isWalkable = ({ status, customer_id, assigned_to, late, q, ...ranges }: OrderQuery, column: string): boolean => {
  const { created_from, created_to, min_total, max_total } = ranges;
  const byTime = (created_from ?? created_to) !== undefined;
  const byTotal = (min_total ?? max_total) !== undefined;
  if (q !== undefined || late !== undefined || (status?.length ?? 0) > 1) return false;
  if (column === 'created_at') return !byTotal;
  return !byTime && !(status ?? customer_id ?? assigned_to) && !(byTotal && column !== 'total_amount');
};

const estimate = z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: z.object({ 'Plan Rows': z.number() }) })]) });

/** One page of the orders that fit, and how many there are when the query asks for it. */
export const listOrders = async (database: Sequelize, query: OrderQuery, owner: Owner) => {
  const { column, descending } = readSort(query.sort);
  const where = filterOrders(query, owner);
  if (column === 'due_at') where.add(() => 'o.due_at IS NOT NULL');
  // True of all that fit; it lets a walk along the updates begin where the first of them can be.
  if (column === 'updated_at' && query.created_from) where.add((at) => `o.updated_at >= ${at}`, query.created_from);
  const total = query.count ? await countOrders(database, where) : undefined;
  if (query.cursor) {
    const values = column === 'total_amount' ? sortValues.amount : sortValues.time;
    where.after(`o.${column}`, 'o.id', descending, readCursor(query.cursor, query.sort, values));
  }
  const direction = descending ? 'DESC' : 'ASC';
  const orders = (await findsFirst(database, query, column, where))
    ? `(SELECT * FROM orders o ${where.sql} OFFSET 0) o`
    : `orders o ${where.sql}`;
  const rows = await database.query<OrderRow>(
    `SELECT ${orderColumns} FROM ${orders}
     ORDER BY o.${column} ${direction}, o.id ${direction} LIMIT ${query.limit + 1}`,
    { bind: where.values, type: QueryTypes.SELECT },
  );
  const page = toPage(rows.map(toOrder), query.limit, query.sort, (order) => valueOf(order, column));
  return { ...page, ...(total === undefined ? {} : { total }) };
};

const countOrders = async (database: Sequelize, where: Conditions): Promise<number> => {
  const [row] = await database.query<{ count: string }>(`SELECT count(*) FROM orders o ${where.sql}`, {
    bind: where.values,
    type: QueryTypes.SELECT,
  });
  return Number(row?.count ?? 0);
};
