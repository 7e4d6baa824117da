import type { Stage } from '@live-orders/contracts/domain/stream-lag.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { OrderStore } from './order-store.ts';

/** Times are milliseconds of the client's clock. */
export type LiveState =
  | { phase: 'idle' }
  /** The first connection is under way: there is nothing to show yet. */
  | { phase: 'connecting' }
  | { phase: 'live' }
  /** Connected, and reading the snapshot again; what is shown may be behind. */
  | { phase: 'resyncing'; since: number }
  /**
   * Connected, but changes don't get as far as the gateway in time, or nothing is heard of it. `behind`: the stage where
   * they wait, if it said so.
   */
  | { phase: 'stale'; since: number; behind: Stage | null }
  /** The link is lost. `retryAt` is null while an attempt is under way. */
  | { phase: 'reconnecting'; since: number; attempt: number; retryAt: number | null }
  /** Nothing more comes. `refused`: the gateway said not to come back. */
  | { phase: 'ended'; reason: 'session_ended' | 'refused' | 'stopped' };

/** How an order came in: `rest` is an answer that a page got for itself. */
export type Via = 'event' | 'snapshot' | 'rest';

export type OrderChange =
  | { kind: 'applied'; via: Via; order: Order; previous: Order | undefined }
  /** A snapshot does not list it: it is final by now, and too old to be among the final ones shown. */
  | { kind: 'removed'; order: Order };

export interface LiveCounters {
  /** Changes that were taken in. */
  applied: number;
  /** Duplicates and changes older than what was known. */
  ignored: number;
  /** Versions that an order jumped over, beyond a snapshot. */
  skipped: number;
  /** Changes that the gateway left out in favour of later ones, because this client read too slowly. */
  merged: number;
  snapshots: number;
  /** Connections that reached `welcome`. */
  connections: number;
}

/** What is used of a WebSocket; server-sent events have no way to send. */
export interface LiveSocket {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  /** Missing where nothing can be said to the server. */
  send?(text: string): void;
  close(): void;
}

export interface LiveClientOptions {
  /**
   * Gets a ticket and answers the socket's whole URL, `…/ws?ticket=…`; the client adds `since`. Called anew for each
   * connection, and to renew one whose token is about to expire. May throw SessionEndedError.
   */
  url: (signal: AbortSignal) => Promise<string>;
  /**
   * Reads, over REST, every order that isn't final, and as many final ones as are of interest. An order that the client
   * holds and that is missing here is removed, final or not: a final one changes too. May throw SessionEndedError.
   */
  snapshot: (signal: AbortSignal) => Promise<readonly Order[]>;
  /**
   * Reads one order over REST, null when there is none: asked when an event speaks of an order that is not held, and may
   * be an old one that was sent again. Without it, or when it fails, a snapshot is read instead.
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
  openEvents?: (url: URL) => LiveSocket;
}

/** Thrown by `url` or `snapshot` when there is no session any more, so that trying again is pointless. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
}
