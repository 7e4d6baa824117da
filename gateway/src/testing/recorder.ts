import type { CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import { serverFrame, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';
import type { Frame } from '../fanout/frame.ts';
import type { Client } from '../fanout/client.ts';
import { at, ids } from './redis-messages.ts';

/** A client that keeps what it is sent, as messages and as frames. */
export class Recorder implements Client {
  readonly identity;
  readonly frames: ServerMessage[][] = [];
  readonly sent: Frame[] = [];
  closed: CloseReason | null = null;
  /** What `backlog` says: set it to make the client slow. */
  queued = 0;
  onClose = (): void => undefined;

  constructor(role: Role, id = ids.noor, session_id = crypto.randomUUID()) {
    this.identity = { id, role, session_id, email: '', name: '', created_at: at, expires_at: 4_000_000_000 };
  }

  get messages(): ServerMessage[] {
    return this.frames.flat();
  }

  backlog(): number {
    return this.queued;
  }

  send(frame: Frame): void {
    this.sent.push(frame);
    this.frames.push(serverFrame.parse(JSON.parse(frame.json)));
  }

  close(reason: CloseReason): void {
    this.closed = reason;
    this.onClose();
  }
}

/** `event seq` of each message that a client got. */
export const events = (client: Recorder): string[] => client.messages.map(({ event, seq }) => `${event} ${seq}`);
