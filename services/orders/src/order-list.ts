import type { Order, OrderFilter, OrderQuery } from '@live-orders/contracts/orders.ts';
import { readCursor, readSort, toPage } from '@live-orders/runtime/cursor.ts';
import type { Sequelize } from '@live-orders/runtime/database.ts';
import { QueryTypes } from 'sequelize';
import { Conditions, contains } from './conditions.ts';
import { orderColumns, type OrderRow, toOrder } from './models.ts';
import type { Owner } from './orders.ts';

/** The conditions of a filter, for `orders o`. */
export const filterOrders = (filter: OrderFilter, owner: Owner): Conditions => {
  const where = new Conditions();
  if (owner) where.add((id) => `o.customer_id = ${id}`, owner);
  if (filter.customer_id) where.add((id) => `o.customer_id = ${id}`, filter.customer_id);
  if (filter.status) where.add((list) => `o.status = ANY(${list}::text[])`, filter.status);
  // Assignments are not for customers, who must not learn of them by filtering either.
  if (filter.assigned_to && !owner) {
    if (filter.assigned_to === 'none') where.add(() => 'o.assigned_to IS NULL');
    else where.add((id) => `o.assigned_to = ${id}`, filter.assigned_to);
  }
  if (filter.created_from) where.add((at) => `o.created_at >= ${at}`, filter.created_from);
  if (filter.created_to) where.add((at) => `o.created_at < ${at}`, filter.created_to);
  if (filter.min_total !== undefined) where.add((total) => `o.total_amount >= ${total}`, filter.min_total);
  if (filter.max_total !== undefined) where.add((total) => `o.total_amount <= ${total}`, filter.max_total);
  if (filter.late !== undefined)
    where.add(() => `(o.due_at IS NOT NULL AND o.due_at < now()) = ${String(filter.late)}`);
  if (filter.q) search(where, filter.q);
  return where;
};

const search = (where: Conditions, q: string): void => {
  const number = /^#?(\d{1,9})$/.exec(q)?.[1];
  const pattern = contains(q.toLowerCase());
  if (number === undefined) where.add((text) => `o.search LIKE ${text}`, pattern);
  else where.add((value, text) => `(o.number = ${value} OR o.search LIKE ${text})`, Number(number), pattern);
};

const valueOf = (order: Order, column: string): string | number => {
  if (column === 'total_amount') return order.total_amount;
  if (column === 'updated_at') return order.updated_at;
  return column === 'due_at' ? (order.due_at ?? '') : order.created_at;
};

/** One page of the orders that fit, and how many there are when the query asks for it. */
export const listOrders = async (database: Sequelize, query: OrderQuery, owner: Owner) => {
  const { column, descending } = readSort(query.sort);
  const where = filterOrders(query, owner);
  if (column === 'due_at') where.add(() => 'o.due_at IS NOT NULL');
  const total = query.count ? await countOrders(database, where) : undefined;
  if (query.cursor) where.after(`o.${column}`, 'o.id', descending, readCursor(query.cursor, query.sort));
  const direction = descending ? 'DESC' : 'ASC';
  const rows = await database.query<OrderRow>(
    `SELECT ${orderColumns} FROM orders o ${where.sql}
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
