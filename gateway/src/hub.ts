import {
  type CloseReason,
  formatPosition,
  type Position,
  type RedisMessage,
  type ServerMessage,
} from '@live-orders/contracts/realtime.ts';
import type { Identity } from '@live-orders/runtime/auth.ts';
import { type Audience, audienceOf, encode, project, reaches } from './audience.ts';
import type { Entry, History } from './history.ts';
import type { Revocation, Revocations } from './revocations.ts';
import type { StreamState } from './stage-poll.ts';

/** A connected socket, as the hub needs it. */
export interface Client {
  identity: Identity;
  /** Bytes that were sent but not yet taken by the network. */
  backlog(): number;
  send(frame: Buffer): void;
  close(reason: CloseReason): void;
}

/** A client this far behind is let go and comes back with its position, so that memory stays bounded. */
const maxBacklogBytes = 1024 * 1024;
/** What a client that comes back is sent at most; past that, reading the snapshot is cheaper for both. */
const maxReplayChars = 1024 * 1024;
/** Events that come closer together than this share a frame. */
const tickMs = 15;
export const heartbeatMs = 5_000;

type Resync = Extract<ServerMessage, { event: 'resync' }>['data']['reason'];

const revocationOf = ({ data, times }: Extract<RedisMessage, { event: 'session_revoked' }>): Revocation => ({
  ...data,
  at: Date.parse(times.committed),
});

const reasonFor = (since: Position | 'unreadable', here: Position): Resync => {
  if (since === 'unreadable') return 'unknown_position';
  return since.epoch === here.epoch ? 'history_lost' : 'new_epoch';
};

const frameOf = (texts: string[]): Buffer => Buffer.from(`[${texts.join(',')}]`);

/**
 * Who is connected and what each is sent. Texts are built once per audience; several events of one tick share a frame.
 * After a quiet tick an event goes out at once.
 */
export class Hub {
  readonly #history: History;
  readonly #revocations: Revocations;
  readonly #now: () => number;
  readonly #rooms = new Map<Audience, { clients: Set<Client>; pending: string[] }>();
  #flushTimer: NodeJS.Timeout | null = null;
  #flushedAt = 0;
  /** As the last heartbeat told it. */
  #state: StreamState | null = null;
  #size = 0;
  readonly #perUser = new Map<string, number>();

  constructor(history: History, revocations: Revocations, now = Date.now) {
    this.#history = history;
    this.#revocations = revocations;
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes that the slowest client has yet to take. */
  get largestBacklog(): number {
    let largest = 0;
    for (const client of this.#clients()) largest = Math.max(largest, client.backlog());
    return largest;
  }

  /** How many sockets a user has open. */
  socketsOf(userId: string): number {
    return this.#perUser.get(userId) ?? 0;
  }

  get position(): Position {
    return this.#history.position;
  }

  /** The seq of the oldest event in memory. */
  get oldest(): number {
    return this.#history.oldest;
  }

  /**
   * Welcomes a client and brings it from `since` to the present, in full or not at all. `older` are events after `since`
   * that memory no longer holds, read from the log beforehand. Synchronous, so that no event falls in between.
   */
  join(client: Client, since: Position | 'unreadable' | null, older: Entry[] = []): void {
    const audience = audienceOf(client.identity);
    this.#flushRoom(audience);
    const { position } = this;
    const missed = since && since !== 'unreadable' ? this.#missed(since, older, audience) : null;
    const data = {
      position: formatPosition(position),
      recovered: Boolean(missed),
      heartbeat_ms: heartbeatMs,
      server_time: new Date(this.#now()).toISOString(),
      role: client.identity.role,
    };
    const texts = [encode({ event: 'welcome', seq: position.seq, data })];
    if (missed) texts.push(...missed);
    if (since && !missed) texts.push(this.#resync(reasonFor(since, position)));
    if (this.#state && !this.#state.live) texts.push(this.#heartbeat(this.#state));
    client.send(frameOf(texts));
    const room = this.#rooms.get(audience) ?? { clients: new Set(), pending: [] };
    this.#rooms.set(audience, room);
    room.clients.add(client);
    this.#size += 1;
    this.#perUser.set(client.identity.id, this.socketsOf(client.identity.id) + 1);
  }

  /** Answers a ping, after everything that came before it. */
  pong(client: Client): void {
    this.#flushRoom(audienceOf(client.identity));
    this.#send(client, frameOf([encode({ event: 'pong', seq: this.position.seq })]));
  }

  leave(client: Client): void {
    const audience = audienceOf(client.identity);
    const room = this.#rooms.get(audience);
    if (!room?.clients.delete(client)) return;
    this.#size -= 1;
    const left = this.socketsOf(client.identity.id) - 1;
    if (left > 0) this.#perUser.set(client.identity.id, left);
    else this.#perUser.delete(client.identity.id);
    if (room.clients.size === 0) this.#rooms.delete(audience);
  }

  /** The next event of the log: kept for those who come back, and sent to those who are here. */
  publish(message: RedisMessage): void {
    const deliveries = project(message, new Date(this.#now()).toISOString());
    this.#history.push({ seq: message.seq, deliveries });
    for (const [audience, room] of this.#rooms) {
      for (const delivery of deliveries) if (reaches(delivery, audience)) room.pending.push(delivery.text);
    }
    if (message.event === 'session_revoked') this.revoke([revocationOf(message)]);
    this.#scheduleFlush();
  }

  /** Keeps an event for replay without sending it; for those read from the log at the start. */
  remember(message: RedisMessage): void {
    this.#history.push({ seq: message.seq, deliveries: project(message, message.times.bridged) });
    if (message.event === 'session_revoked') this.revoke([revocationOf(message)]);
  }

  /** The stream cannot be continued: everybody reads the snapshot anew. */
  reset(position: Position, reason: Resync): void {
    this.#flush();
    this.#history.reset(position);
    this.#toEveryone(this.#resync(reason));
  }

  /** Tells everybody where the stream is, and whether it is live. Who joins while it is not is told at once. */
  heartbeat(state: StreamState): void {
    this.#flush();
    this.#state = state;
    this.#toEveryone(this.#heartbeat(state));
  }

  closeAll(reason: CloseReason): void {
    this.#flush();
    for (const client of this.#clients()) client.close(reason);
  }

  *#clients(): Generator<Client> {
    for (const room of this.#rooms.values()) yield* room.clients;
  }

  /** The texts of everything after `since` for this audience, or null when it is not all here or too much. */
  #missed(since: Position, older: Entry[], audience: Audience): string[] | null {
    if (since.epoch !== this.position.epoch) return null;
    const recent = this.#history.after(older.at(-1)?.seq ?? since.seq);
    if (!recent) return null;
    const texts: string[] = [];
    let chars = 0;
    for (const { deliveries } of [...older, ...recent]) {
      for (const delivery of deliveries) {
        if (!reaches(delivery, audience)) continue;
        texts.push(delivery.text);
        chars += delivery.text.length;
      }
      if (chars > maxReplayChars) return null;
    }
    return texts;
  }

  #resync(reason: Resync): string {
    const { position } = this;
    return encode({ event: 'resync', seq: position.seq, data: { position: formatPosition(position), reason } });
  }

  /** Closes the sockets of sessions that have ended. */
  revoke(revocations: Revocation[]): void {
    if (revocations.length === 0) return;
    for (const revocation of revocations) this.#revocations.add(revocation);
    for (const client of [...this.#clients()]) {
      if (this.#revocations.covers(client.identity)) client.close('session_ended');
    }
  }

  #heartbeat(state: StreamState): string {
    const { position } = this;
    const data = { position: formatPosition(position), server_time: new Date(this.#now()).toISOString(), ...state };
    return encode({ event: 'heartbeat', seq: position.seq, data });
  }

  #toEveryone(text: string): void {
    const frame = frameOf([text]);
    for (const client of [...this.#clients()]) this.#send(client, frame);
  }

  #scheduleFlush(): void {
    if (this.#flushTimer) return;
    const wait = Math.max(0, this.#flushedAt + tickMs - this.#now());
    if (wait === 0) this.#flush();
    else this.#flushTimer = setTimeout(() => this.#flush(), wait);
  }

  #flush(): void {
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    this.#flushedAt = this.#now();
    for (const audience of [...this.#rooms.keys()]) this.#flushRoom(audience);
  }

  #flushRoom(audience: Audience): void {
    const room = this.#rooms.get(audience);
    if (!room || room.pending.length === 0) return;
    const frame = frameOf(room.pending);
    room.pending = [];
    for (const client of [...room.clients]) this.#send(client, frame);
  }

  #send(client: Client, frame: Buffer): void {
    if (client.backlog() > maxBacklogBytes) client.close('slow');
    else client.send(frame);
  }
}
