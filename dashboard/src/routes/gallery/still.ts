import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { StreamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import { LiveOrders } from '#lib/feed/live-orders.svelte.ts';
import type { LiveState } from '#lib/live/state.ts';
import { Moves } from '#lib/moves/moves.svelte.ts';
import type { MoveState } from '#lib/moves/move-state.ts';
import { ago, userId } from './fixtures.ts';

const lag: StreamLag = {
  orders: { depth: 0, oldest_ms: 0 },
  users: { depth: 12, oldest_ms: 840 },
  bridge: { records: 1_204, behind_ms: 7_300 },
  redis_ms: 1,
  gateway: { backlog_bytes: 52_000, loop_ms: 14 },
};

/** The orders of a page as they are in one state of its connection, without a connection. */
export class StillOrders extends LiveOrders {
  readonly #still: LiveState;

  constructor(state: LiveState, orders: readonly Order[]) {
    super('/live', userId);
    this.#still = state;
    this.put(orders);
    this.link.hear({
      event: 'heartbeat',
      seq: 0,
      data: { position: 'gallery:1', server_time: ago(0), live: state.phase === 'live', lag },
    });
  }

  override get state(): LiveState {
    return this.#still;
  }

  override get complete(): boolean {
    return true;
  }
}

/** Moves that are for ever where they are. */
export class StillMoves extends Moves {
  readonly #still: ReadonlyMap<string, MoveState>;

  constructor(live: LiveOrders, states: ReadonlyMap<string, MoveState>) {
    super(live);
    this.#still = states;
  }

  override state(id: string): MoveState | undefined {
    return this.#still.get(id);
  }
}
