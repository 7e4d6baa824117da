import type { Stage } from '@live-orders/contracts/domain/stream-lag.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { LiveSocket } from '../transport/socket.ts';
import type { Fallback, Transport } from '../transport/transport-choice.ts';
import type { OrderStore } from './order-store.ts';

/** What the client is doing, and how far its data can be trusted. Times are milliseconds of the client's clock. */
export type LiveState =
  | { phase: 'idle' }
  /** The first connection is being opened; there is nothing to show yet. */
  | { phase: 'connecting' }
  | { phase: 'live' }
  /**
   * Connected, and reading a snapshot again; since `since` what is shown may be old. `events` is how many events of everybody's
   * were missed, or null where that is not known.
   */
  | { phase: 'resyncing'; since: number; events: number | null }
  /**
   * Connected, but changes do not get as far as the gateway in time, or no heartbeat came. `behind` is the stage at which
   * changes wait, or null where the gateway did not name it.
   */
  | { phase: 'stale'; since: number; behind: Stage | null }
  /** Nothing gets through to the stream, so that a snapshot is read every few seconds. The last one is as of `since`. */
  | { phase: 'polling'; since: number }
  /** The link is lost. The next attempt begins at `retryAt`, which is null while one is under way. */
  | { phase: 'reconnecting'; since: number; attempt: number; retryAt: number | null }
  /** Nothing more comes. `refused`: the gateway closed the connection with a code that says not to come back. */
  | { phase: 'ended'; reason: 'session_ended' | 'refused' | 'stopped' };

/** How the client hears of changes at the moment; `shared`: by server-sent events that another tab hands on. */
export type Way = Transport | 'shared' | 'polling';

/** Where an order came from; `rest` is an answer that a page has asked for. */
export type Via = 'event' | 'snapshot' | 'rest';

export type OrderChange =
  | { kind: 'applied'; via: Via; order: Order; previous: Order | undefined }
  /** A snapshot does not list the order, because it is final by now and not among the newest final ones. */
  | { kind: 'removed'; order: Order };

export interface LiveCounters {
  /** Changes that were taken in. */
  applied: number;
  /** Duplicates and changes older than what was known. */
  ignored: number;
  /** Versions of an order that no event has brought, apart from those that a snapshot has replaced. */
  skipped: number;
  /** Changes that the gateway left out in favour of later ones, because this client read too slowly. */
  merged: number;
  /** Whole snapshots; of polls, the first of several. */
  snapshots: number;
  /** Connections that reached `welcome`. */
  connections: number;
}

export interface LiveClientOptions {
  /**
   * Gets a ticket; resolves to the socket's whole URL, `…/ws?ticket=…`, to which the client adds `since`. Called anew for
   * each connection, and to renew one whose access token is about to expire. May throw SessionEndedError.
   */
  url: (signal: AbortSignal) => Promise<string>;
  /**
   * Reads by REST every order that is not final, and as many final ones as are of interest. An order that the client holds
   * and that is missing here is removed, even a final one, which may have changed. Of a `poll`, which follows on a snapshot
   * of a few seconds ago, only open ones are removed. May throw SessionEndedError.
   */
  snapshot: (signal: AbortSignal, poll: boolean) => Promise<readonly Order[]>;
  /**
   * Reads one order by REST; null where there is none. Called when an event is about an order that the client does not
   * hold, and may be an old one that was sent again. Without this, or when it fails, a snapshot is read instead.
   */
  confirm?: (id: string, signal: AbortSignal) => Promise<Order | null>;
  store?: OrderStore;
  /** Called once per frame or snapshot, after the store has the changes, in the order in which they were applied. */
  onOrders?: (changes: readonly OrderChange[]) => void;
  onState?: (state: LiveState) => void;
  /** Every readable message, before it is applied. */
  onMessage?: (message: ServerMessage) => void;
  now?: () => number;
  random?: () => number;
  openSocket?: (url: URL) => LiveSocket;
  /** Null where server-sent events cannot be had. */
  openEvents?: ((url: URL) => LiveSocket) | null;
  /** Milliseconds between two snapshots where nothing else works. Without it there are none. */
  pollEvery?: number;
  /** What an earlier page of this browser had to do with, which this one begins with. */
  fallback?: Fallback | null;
  /** Called when something else works than before; with null when WebSockets do. */
  onWorks?: (fallback: Fallback | null) => void;
}

/** Thrown by `url` or `snapshot` when the session has ended, so that trying again is pointless. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
}
