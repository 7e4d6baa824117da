import type { OrderRow } from './shop-rows.ts';
import type { Applied, Viewer } from '../actors/viewer.ts';
import type { Write } from '../actors/workload.ts';

/** How soon acknowledged changes were shown, in ms; each change is measured at each dashboard that may see it. */
export interface Timeliness {
  /** From the acknowledgement until the change's event was applied; 0 when it was there before its client knew. */
  spans: number[];
  /** The longest time that a dashboard called itself live although it lacked a change older than a second. */
  unawareMs: number;
}

/** A dashboard that is live shows a change within this time. */
const promisedMs = 1_000;

/** `orders` are the rows of the database, which say whose each order is. */
export const measureTimeliness = (
  writes: readonly Write[],
  viewers: readonly Viewer[],
  orders: readonly OrderRow[],
): Timeliness => {
  const owners = new Map(orders.map(({ id, customer_id }) => [id, customer_id]));
  const timeliness: Timeliness = { spans: [], unawareMs: 0 };
  for (const viewer of viewers) {
    const shown = byOrder(viewer.applied);
    for (const { order, version, at, ms, outcome } of writes) {
      if (outcome !== 'ok' || order === null || version === null) continue;
      if (viewer.customerId !== null && viewer.customerId !== owners.get(order)) continue;
      const first = shown.get(order)?.find((change) => change.version >= version);
      if (!first) continue;
      const acknowledged = at + ms;
      if (first.via === 'event') timeliness.spans.push(Math.max(0, first.at - acknowledged));
      const unaware = liveFor(viewer, acknowledged + promisedMs, first.at);
      timeliness.unawareMs = Math.max(timeliness.unawareMs, unaware);
    }
  }
  return timeliness;
};

const byOrder = (applied: readonly Applied[]): Map<string, Applied[]> => {
  const changes = new Map<string, Applied[]>();
  for (const change of applied) {
    if (change.via === 'removed') continue;
    const known = changes.get(change.id);
    if (known) known.push(change);
    else changes.set(change.id, [change]);
  }
  return changes;
};

/** For how long of this stretch a dashboard said that it was live. */
const liveFor = ({ phases }: Viewer, from: number, to: number): number =>
  phases.reduce((sum, { phase, at }, index) => {
    const end = Math.min(to, phases[index + 1]?.at ?? to);
    return phase === 'live' ? sum + Math.max(0, end - Math.max(from, at)) : sum;
  }, 0);
