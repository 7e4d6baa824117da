import type { CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import type { Identity } from '@live-orders/runtime/http/auth.ts';
import type { Frame } from './frame.ts';

/** Somebody's connection to the stream, over whichever transport. */
export interface Client {
  /** Whose it is; a newer one of the same user after the client has renewed its token. */
  identity: Identity;
  /** Bytes that were sent but not yet taken by the network. */
  backlog(): number;
  send(frame: Frame): void;
  /** Closes the connection and takes the client out of the hub. */
  close(reason: CloseReason): void;
}

/** When the life of a client's token ends, and its connection with it (RFC 3339). */
export const expiryOf = ({ identity }: Client): string => new Date(identity.expires_at * 1000).toISOString();
