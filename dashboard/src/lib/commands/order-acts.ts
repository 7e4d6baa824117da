import { movesFrom } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { User } from '@live-orders/contracts/domain/users.ts';
import { toast } from 'svelte-sonner';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import type { Moves } from '../moves/moves.svelte.ts';
import { changeOrder, explainFailure } from '../order-detail/order-change.ts';
import { statusViews } from '../orders/status.ts';

/** Something that can be done with an order, by its name. */
export interface OrderAct {
  label: string;
  run: () => unknown;
}

interface Means {
  live: LiveOrders;
  moves: Moves;
  user: User;
}

const assign = async (order: Order, { live, user }: Means): Promise<void> => {
  try {
    const { made, order: now } = await changeOrder(order, { assignee: { id: user.id } });
    live.put([now]);
    if (!made)
      toast.error(`Somebody else has just assigned order ${order.number}`, { description: 'It was left as it is.' });
  } catch (error) {
    explainFailure(error, order, 'assigned');
  }
};

/** What a member of the team can do with an order as it is now; a cancellation asks first, as from the order's own menu. */
export const actsOn = (order: Order, means: Means): OrderAct[] => {
  const { moves, user } = means;
  const state = moves.state(order.id);
  const acts = movesFrom(order.status).map((to) => ({
    label: `${statusViews[to].move} order ${order.number}`,
    run: () => (to === 'cancelled' ? (moves.cancelling = order) : moves.move(order, to)),
  }));
  const undo = state?.phase === 'moved' && {
    label: `Take back the last move of order ${order.number}`,
    run: () => moves.undo(order, state.from),
  };
  const take = order.assigned_to !== user.id && {
    label: `Assign order ${order.number} to me`,
    run: () => assign(order, means),
  };
  return [...acts, undo, take].filter((act) => act !== false);
};
