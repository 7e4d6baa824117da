import { searchTerms } from '@live-orders/contracts/domain/search-text.ts';
import type { OrderFilter } from '@live-orders/contracts/rest/orders.ts';
import { Conditions, contains } from '../database/conditions.ts';

/** Whose orders a caller may reach; `null` means everybody's. */
export type Owner = string | null;

/** The conditions of a filter, for `orders o`. */
export const filterOrders = (filter: OrderFilter, owner: Owner): Conditions => {
  const where = new Conditions();
  if (owner) where.add((id) => `o.customer_id = ${id}`, owner);
  if (filter.ids) where.add((list) => `o.id = ANY(${list}::uuid[])`, filter.ids);
  if (filter.number !== undefined) where.add((number) => `o.number = ${number}`, filter.number);
  if (filter.customer_id) where.add((id) => `o.customer_id = ${id}`, filter.customer_id);
  const [status, ...more] = filter.status ?? [];
  // With `=`, an index that begins with the status gives the orders sorted; with `ANY` it does not, even for a list of one.
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
  for (const { text, isPart, number } of searchTerms(q)) {
    const part = contains(text);
    // The index has trigrams, and finds parts of three letters or more. Fewer letters are only looked for where words begin:
    // anywhere, the whole index would be read, for 2 s on a million orders.
    const patterns = isPart ? [part] : [part.slice(1), `% ${part.slice(1)}`];
    const like = (names: string[]): string => names.map((name) => `o.search LIKE ${name}`).join(' OR ');
    if (number === null) where.add((...names) => `(${like(names)})`, ...patterns);
    else where.add((value, ...names) => `(o.number = ${value} OR ${like(names)})`, number, ...patterns);
  }
};
