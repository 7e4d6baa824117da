import type { OrderChange } from '../live/state.ts';

/** How many orders came in as new, and how many became late. */
export interface News {
  fresh: number;
  late: number;
}

export const noNews: News = { fresh: 0, late: 0 };

export const addNews = (one: News, other: News): News => ({
  fresh: one.fresh + other.fresh,
  late: one.late + other.late,
});

const isFresh = (change: OrderChange): boolean =>
  change.kind === 'applied' && change.via === 'event' && !change.previous && change.order.status === 'pending';

/**
 * Finds the orders that are new, and those that became late. What is late at the first look was so before anybody looked, and is
 * no news. Each look costs as much as there are changes; of the orders that did not change it counts, and visits none.
 */
export class OrderWatch {
  /** Everything that was due before this moment of the server's clock, in ms, was looked at; null before the first look. */
  #until: number | null = null;

  /**
   * What `changes` and the time that has passed since the last look have brought. `now` is the server's time in ms;
   * `lateAt` tells of how many orders, after these changes, the due time lies before a time.
   */
  look(changes: readonly OrderChange[], now: number, lateAt: (time: number) => number): News {
    const since = this.#until;
    const fresh = changes.filter(isFresh).length;
    // The server's clock as a page knows it may go back by seconds; nothing becomes late twice by that.
    const until = Math.max(now, since ?? now);
    this.#until = until;
    if (since === null) return { fresh, late: 0 };
    return { fresh, late: lateAt(until) - lateAt(since) + countArrivedLate(changes, since) };
  }
}

/** How many orders were not late before their change, and are since with a due time that was looked at already. */
const countArrivedLate = (changes: readonly OrderChange[], time: number): number => {
  const looked = new Date(time).toISOString();
  const isLate = (dueAt: string | null | undefined): boolean => dueAt != null && dueAt < looked;
  return changes.filter(
    (change) => change.kind === 'applied' && isLate(change.order.due_at) && !isLate(change.previous?.due_at),
  ).length;
};
