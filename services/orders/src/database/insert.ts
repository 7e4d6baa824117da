import type { Actor } from '@live-orders/contracts/domain/actor.ts';

/** `(a, b) VALUES ($a, $b)`, for a row whose values are bound by the names of their columns. */
export const namedValues = (columns: string[]): string =>
  `(${columns.join(', ')}) VALUES (${columns.map((name) => `$${name}`).join(', ')})`;

/** Who did it, for the columns of the same names in `order_status_history` and `stock_movements`. */
export const actorBind = ({ id, name, role }: Actor) => ({ actor_id: id, actor_name: name, actor_role: role });
