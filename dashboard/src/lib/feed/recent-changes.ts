import type { OrderChange } from '../live/state.ts';
import { steadyNow } from '../ui/steady-clock.ts';

export type RecentChange = 'arrived' | 'moved';

/** Milliseconds for which a change counts as recent. */
const recentMs = 2500;

/**
 * What has just happened to which order, for the highlight of a row that is being drawn. It is no Svelte state, so that
 * no row is drawn again when its change is not recent any more.
 */
export class RecentChanges {
  readonly #marks = new Map<string, { kind: RecentChange; at: number }>();

  get(id: string): RecentChange | undefined {
    const mark = this.#marks.get(id);
    return mark && steadyNow() - mark.at < recentMs ? mark.kind : undefined;
  }

  add(changes: readonly OrderChange[]): void {
    const at = steadyNow();
    // The oldest come first.
    for (const [id, mark] of this.#marks) {
      if (at - mark.at <= recentMs) break;
      this.#marks.delete(id);
    }
    for (const change of changes) {
      // Only what the stream brings has just happened; what a page reads by REST may be old.
      if (change.kind !== 'applied' || change.via !== 'event') continue;
      const { order, previous } = change;
      if (!previous && order.version === 1) this.#mark(order.id, 'arrived', at);
      else if (previous && previous.status !== order.status) this.#mark(order.id, 'moved', at);
    }
  }

  #mark(id: string, kind: RecentChange, at: number): void {
    // Without this it would keep its place, before marks that are older.
    this.#marks.delete(id);
    this.#marks.set(id, { kind, at });
  }
}
