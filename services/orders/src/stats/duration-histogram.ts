/**
 * The times that orders spend in a status are counted in slots that widen with the time, 16 to a doubling. The view
 * `order_facts` (migration 0008) computes an order's slot with the same number, so a change of it needs a migration.
 */
export const slotsPerDoubling = 16;

/** Where a slot begins, in seconds. */
const edge = (slot: number): number => 2 ** (slot / slotsPerDoubling) - 1;

/** How many times fall into a slot. */
interface SlotCount {
  slot: number;
  count: number;
}

/** The time in seconds that this share of the times does not exceed, within 5 % or 0.05 s; null when there are none. */
export const percentile = (slots: SlotCount[], share: number): number | null => {
  const rank = share * slots.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const { slot, count } of slots.toSorted((a, b) => a.slot - b.slot)) {
    if (count > 0 && below + count >= rank) {
      const [from, to] = [edge(slot), edge(slot + 1)];
      // Thousandths, as times are kept in milliseconds.
      return Math.round((from + ((to - from) * (rank - below)) / count) * 1000) / 1000;
    }
    below += count;
  }
  return null;
};
