import type { CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import { formatPosition, type Position } from '@live-orders/contracts/socket/position.ts';
import type { EndedSession } from '@live-orders/contracts/domain/revocation.ts';
import { type Timed, timed } from '@live-orders/contracts/redis/keyspace.ts';
import type { RedisMessage } from '@live-orders/contracts/redis/messages.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { type Audience, audienceOf, type Delivery, encode, project, reaches } from './audience.ts';
import { Frame } from './frame.ts';
import type { Entry, History } from './history.ts';
import { Pace } from './pace.ts';
import type { Revocations } from './revocations.ts';
import { type Client, Room } from './audience-group.ts';
import type { StreamState } from '../stream/stage-poll.ts';

/** What a client that comes back is sent at most; past that, reading the snapshot is cheaper for both. */
const maxReplayChars = 1024 * 1024;
/** How often it is looked whether a client that was behind has caught up, when nothing else is sent. */
const lookMs = 250;
export const heartbeatMs = 5_000;
/** Snapshots that the services are asked for at once after a resync: so many clients a second, over 5 s at most. */
const snapshotsPerSecond = 500;
const longestSpreadMs = 5_000;
/** So few that they need not wait. */
const fewClients = 50;

type Resync = Extract<ServerMessage, { event: 'resync' }>['data']['reason'];

const reasonFor = (since: Position | 'unreadable', here: Position): Resync => {
  if (since === 'unreadable') return 'unknown_position';
  return since.epoch === here.epoch ? 'history_lost' : 'new_epoch';
};

export const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

/**
 * Who is connected and what each is sent. Texts are built once per audience; several events of one tick share a frame.
 * After a quiet tick an event goes out at once.
 */
export class Hub {
  readonly #history: History;
  readonly #revocations: Revocations;
  readonly #now: () => number;
  readonly #rooms = new Map<Audience, Room>();
  readonly #pace = new Pace();
  #flushTimer: NodeJS.Timeout | null = null;
  #lookTimer: NodeJS.Timeout | null = null;
  #flushedAt = -Infinity;
  /** As the last heartbeat told it. */
  #state: StreamState | null = null;
  #size = 0;
  #skipped = 0;
  readonly #perUser = new Map<string, number>();

  constructor(history: History, revocations: Revocations, now = Date.now) {
    this.#history = history;
    this.#revocations = revocations;
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  /** How many clients read too slowly at the moment. */
  get behind(): number {
    return [...this.#rooms.values()].reduce((sum, room) => sum + room.behind, 0);
  }

  /** How many events clients were told to have missed, all together. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Bytes that the slowest client has yet to take. */
  get largestBacklog(): number {
    let largest = 0;
    for (const client of this.clients()) largest = Math.max(largest, client.backlog());
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

  clients(): Client[] {
    return [...this.#rooms.values()].flatMap((room) => [...room.clients()]);
  }

  has(client: Client): boolean {
    return this.#rooms.get(audienceOf(client.identity))?.has(client) ?? false;
  }

  /**
   * Welcomes a client and brings it from `since` to the present, in full or not at all. `older` are events after `since`
   * that memory no longer holds, read from the log beforehand. Synchronous, so that no event falls in between.
   */
  join(client: Client, since: Position | 'unreadable' | null, older: Entry[] = []): void {
    // The session may have ended since it was checked.
    if (this.#revocations.covers(client.identity)) return client.close('session_ended');
    const audience = audienceOf(client.identity);
    // It may let the last one of a room go, and the room with it.
    this.#rooms.get(audience)?.flush(this.position);
    const room = this.#rooms.get(audience) ?? this.#openRoom(audience);
    const { position } = this;
    const missed = since && since !== 'unreadable' ? this.#missed(since, older, audience) : null;
    const data = {
      position: formatPosition(position),
      recovered: Boolean(missed),
      source: missed && (older.length > 0 ? ('log' as const) : ('memory' as const)),
      heartbeat_ms: heartbeatMs,
      server_time: new Date(this.#now()).toISOString(),
      role: client.identity.role,
      expires_at: timeOf(client.identity.expires_at),
    };
    const texts = [encode({ event: 'welcome', seq: position.seq, data })];
    if (missed) texts.push(...missed);
    if (since && !missed) texts.push(this.#resync(reasonFor(since, position)));
    if (this.#state && !this.#state.live) texts.push(this.#heartbeat(this.#state));
    client.send(new Frame(texts, position));
    room.add(client);
    this.#size += 1;
    this.#perUser.set(client.identity.id, this.socketsOf(client.identity.id) + 1);
  }

  /** Answers a ping, after everything that came before it. */
  pong(client: Client): void {
    this.tell(client, { event: 'pong', seq: this.position.seq });
  }

  /** Sends a message to one client, after everything that came before it; nothing to one that has left. */
  tell(client: Client, message: ServerMessage): void {
    const room = this.#rooms.get(audienceOf(client.identity));
    room?.flush(this.position);
    if (!room?.has(client)) return;
    room.tell(client, message, this.position);
    this.#lookLater();
  }

  leave(client: Client): void {
    const audience = audienceOf(client.identity);
    const room = this.#rooms.get(audience);
    if (!room?.remove(client)) return;
    this.#size -= 1;
    const left = this.socketsOf(client.identity.id) - 1;
    if (left > 0) this.#perUser.set(client.identity.id, left);
    else this.#perUser.delete(client.identity.id);
    if (room.size === 0) this.#rooms.delete(audience);
  }

  /** The next event of the log: kept for those who come back, and sent to those who are here. */
  publish(message: RedisMessage): void {
    const deliveries = project(message, new Date(this.#now()).toISOString());
    this.#history.push({ seq: message.seq, deliveries });
    this.#push(deliveries);
    if (message.event === 'session_revoked') this.revoke([timed(message)]);
    this.#scheduleFlush();
  }

  /** Sends what is no event of the log: nobody who comes back is told it again. */
  announce(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    this.#push(deliveries);
    this.#scheduleFlush();
  }

  /** Keeps an event for replay without sending it; for those read from the log at the start. */
  remember(message: RedisMessage): void {
    this.#history.push({ seq: message.seq, deliveries: project(message, message.times.bridged) });
    if (message.event === 'session_revoked') this.revoke([timed(message)]);
  }

  /** The stream cannot be continued: everybody reads the snapshot anew. */
  reset(position: Position, reason: Resync): void {
    this.#flush();
    this.#history.reset(position);
    const text = this.#resync(reason);
    const frame = new Frame([text], position);
    for (const room of this.#rooms.values()) room.resync(text, frame);
    this.#lookLater();
  }

  /** Tells everybody where the stream is, and whether it is live. Who joins while it is not is told at once. */
  heartbeat(state: StreamState): void {
    this.#flush();
    this.#state = state;
    this.#toEveryone(this.#heartbeat(state));
  }

  closeAll(reason: CloseReason): void {
    this.#flush();
    for (const client of this.clients()) client.close(reason);
  }

  #push(deliveries: readonly Delivery[]): void {
    for (const [audience, room] of this.#rooms) {
      for (const delivery of deliveries) if (reaches(delivery, audience)) room.push(delivery);
    }
  }

  #openRoom(audience: Audience): Room {
    const letGo = (client: Client) => {
      client.close('slow');
      this.leave(client);
    };
    const room = new Room(
      letGo,
      (count) => (this.#skipped += count),
      () => performance.now(),
    );
    this.#rooms.set(audience, room);
    return room;
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
    const spread_ms = Math.min(longestSpreadMs, Math.round((this.#size / snapshotsPerSecond) * 1000));
    const data = { position: formatPosition(position), reason, spread_ms: this.#size > fewClients ? spread_ms : 0 };
    return encode({ event: 'resync', seq: position.seq, data });
  }

  /** Closes the sockets of sessions that have ended. */
  revoke(revocations: Timed<EndedSession>[]): void {
    if (revocations.length === 0) return;
    for (const revocation of revocations) this.#revocations.add(revocation);
    for (const client of this.clients()) {
      if (this.#revocations.covers(client.identity)) client.close('session_ended');
    }
  }

  #heartbeat(state: StreamState): string {
    const { position } = this;
    const data = { position: formatPosition(position), server_time: new Date(this.#now()).toISOString(), ...state };
    return encode({ event: 'heartbeat', seq: position.seq, data });
  }

  #toEveryone(text: string): void {
    const frame = new Frame([text], this.position);
    for (const room of this.#rooms.values()) room.broadcast(frame);
    this.#lookLater();
  }

  #scheduleFlush(): void {
    if (this.#flushTimer) return;
    const dueAt = this.#flushedAt + this.#pace.tickMs;
    const wait = dueAt - performance.now();
    if (wait <= 0) {
      this.#pace.measure(0);
      this.#flush();
      return;
    }
    this.#flushTimer = setTimeout(() => {
      this.#pace.measure(performance.now() - dueAt);
      this.#flush();
    }, wait);
  }

  #flush(): void {
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    this.#flushedAt = performance.now();
    const { position } = this;
    for (const room of [...this.#rooms.values()]) room.flush(position);
    this.#lookLater();
  }

  /** Nobody tells when a client has read what it had: as long as one is behind, it is looked after from time to time. */
  #lookLater(): void {
    if (this.#lookTimer || this.behind === 0) return;
    this.#lookTimer = setTimeout(() => {
      this.#lookTimer = null;
      this.#flush();
    }, lookMs);
  }
}
