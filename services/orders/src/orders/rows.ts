import type { Order, OrderItem } from '@live-orders/contracts/domain/orders.ts';
import { orderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { OrderStep } from '@live-orders/contracts/rest/orders.ts';
import { bigintColumn, columnsOf, timestampColumn } from '@live-orders/runtime/database/select.ts';
import { z } from 'zod';
import { namedValues } from '../database/insert.ts';

const itemRow = z.object({
  id: z.string(),
  product_id: z.string(),
  name: z.string(),
  quantity: z.number(),
  price: z.number(),
} satisfies Record<keyof OrderItem, z.ZodType>);

const itemMembers = Object.keys(itemRow.shape).map((name) => `'${name}', i.${name}`);

/** Columns of table `orders`: the one list that reads and writes are made from. */
const tableColumns = {
  id: z.string(),
  number: z.number(),
  customer_id: z.string(),
  customer_name: z.string(),
  status: orderStatus,
  total_amount: bigintColumn,
  currency: z.string(),
  note: z.string().nullable(),
  version: z.number(),
  assigned_to: z.string().nullable(),
  assigned_name: z.string().nullable(),
  internal_note: z.string().nullable(),
  due_at: timestampColumn.nullable(),
  created_at: timestampColumn,
  updated_at: timestampColumn,
} satisfies Record<keyof Omit<Required<Order>, 'items'>, z.ZodType>;

/** An `Order` of the contracts as the database has it. */
export const orderRow = z.object({ ...tableColumns, items: z.array(itemRow) });

/** The columns of an `orderRow`, for `orders o`; items in the order in which they were asked for. */
export const orderColumns = columnsOf(orderRow, 'o', {
  items: `(SELECT json_agg(json_build_object(${itemMembers.join(', ')}) ORDER BY i.id)
    FROM order_items i WHERE i.order_id = o.id)`,
});

/**
 * What an INSERT of `orderValues` binds: each column of the table by its name. The column `search` is no part of an order:
 * it holds what `orderText` gives, in which the list looks for its filter `q`.
 */
export type OrderBinds = Required<Omit<Order, 'items'>> & { search: string };

/** The columns and values of an `INSERT INTO orders`, whose values are bound as `OrderBinds` says. */
export const orderValues = namedValues([...Object.keys(tableColumns), 'search' satisfies keyof OrderBinds]);

/** An `OrderStep` of the contracts as `order_status_history` has it. */
export const stepRow = z.object({
  version: z.number(),
  from: orderStatus.nullable(),
  to: orderStatus,
  reason: z.string().nullable(),
  takes_back: z.number().nullable(),
  actor_name: z.string(),
  created_at: timestampColumn,
} satisfies Record<keyof OrderStep, z.ZodType>);

/** The columns of a `stepRow`, for `order_status_history h`. */
export const stepColumns = columnsOf(stepRow, 'h', { from: 'h.from_status', to: 'h.to_status' });
