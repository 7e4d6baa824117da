import type { EndedSession } from '@live-orders/contracts/domain/revocation.ts';
import { type Timed, timed } from '@live-orders/contracts/redis/keyspace.ts';
import type { RedisMessage } from '@live-orders/contracts/redis/messages.ts';
import type { GatewayHealth } from '@live-orders/contracts/rest/health.ts';
import type { CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { formatPosition, type Position } from '@live-orders/contracts/socket/position.ts';
import { audienceOf, type Delivery, encode, project } from './audience.ts';
import { type Client, expiryOf } from './client.ts';
import { FlushSchedule } from './flush-schedule.ts';
import { Frame, FrameCache } from './frame.ts';
import type { Entry, History } from './history.ts';
import { missedTexts, resyncReason, type ResyncReason, type Since } from './replay.ts';
import type { Revocations } from './revocations.ts';
import { Roster } from './roster.ts';

/** How often clients are promised a heartbeat. */
export const heartbeatMs = 5_000;
/**
 * After a resync clients read the snapshot from the services, spread over a time in which these get so many a second; over
 * 5 s at most, and not at all when there are too few to matter.
 */
const snapshotsPerSecond = 500;
const longestSpreadMs = 5_000;
const fewClients = 50;

/** How the stream is: what heartbeats and the gateway's health page say of it. */
export type StreamState = Pick<GatewayHealth, 'live' | 'behind' | 'lag' | 'fresh_at'>;

/**
 * Sends every client what concerns it: the events of the log, and what is said besides them. Texts are built once per
 * audience; several events of one tick share a frame, and after a quiet tick an event goes out at once.
 */
export class Hub {
  readonly #history: History;
  readonly #revocations: Revocations;
  readonly #now: () => number;
  readonly #roster = new Roster();
  readonly #schedule = new FlushSchedule(() => this.#sendPending());
  /** As the last heartbeat told it. */
  #state: StreamState | null = null;

  constructor(history: History, revocations: Revocations, now = Date.now) {
    this.#history = history;
    this.#revocations = revocations;
    this.#now = now;
  }

  /** How many clients are connected. */
  get size(): number {
    return this.#roster.size;
  }

  /** How many clients read too slowly at the moment. */
  get behind(): number {
    return this.#roster.behind;
  }

  /** How many events clients were told to have missed, all together. */
  get skipped(): number {
    return this.#roster.skipped;
  }

  /** Bytes that the slowest client has yet to take. */
  get largestBacklog(): number {
    return this.#roster.largestBacklog;
  }

  /** How many connections a user has open. */
  connectionsOf(userId: string): number {
    return this.#roster.connectionsOf(userId);
  }

  clients(): Client[] {
    return this.#roster.clients();
  }

  has(client: Client): boolean {
    return this.#roster.has(client);
  }

  /** The place after the newest event. */
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
  join(client: Client, since: Since, older: readonly Entry[] = []): void {
    // The session may have ended since it was checked.
    if (this.#revocations.covers(client.identity)) return client.close('session_ended');
    // What is pending has gone into the history already: the newcomer gets it from there, and the others now.
    this.#roster.groupFor(client)?.flush(this.position, new FrameCache());
    client.send(this.#welcome(client, since, older));
    this.#roster.add(client);
  }

  leave(client: Client): void {
    this.#roster.remove(client);
  }

  /** Answers a ping, after everything that came before it. */
  pong(client: Client): void {
    this.tell(client, { event: 'pong', seq: this.position.seq });
  }

  /** Sends a message to one client, after everything that came before it; nothing to one that has left. */
  tell(client: Client, message: ServerMessage): void {
    const group = this.#roster.groupFor(client);
    group?.flush(this.position, new FrameCache());
    if (!group?.has(client)) return;
    group.tell(client, message, this.position);
    this.#watchSlowClients();
  }

  /** The next event of the log: kept for those who come back, and sent to those who are here. */
  publish(message: RedisMessage): void {
    const deliveries = project(message, new Date(this.#now()).toISOString());
    this.#history.push({ seq: message.seq, deliveries });
    this.#push(deliveries);
    if (message.event === 'session_revoked') this.revoke([timed(message)]);
    this.#schedule.flushInTime();
  }

  /** Keeps an event for replay without sending it; for those read from the log at the start. */
  remember(message: RedisMessage): void {
    this.#history.push({ seq: message.seq, deliveries: project(message, message.times.bridged) });
    if (message.event === 'session_revoked') this.revoke([timed(message)]);
  }

  /** Sends what is no event of the log: nobody who comes back is told it again. */
  announce(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    this.#push(deliveries);
    this.#schedule.flushInTime();
  }

  /** The stream cannot be continued and goes on at `position`: everybody reads the snapshot anew. */
  reset(position: Position, reason: ResyncReason): void {
    this.#schedule.flush();
    this.#history.reset(position);
    const text = this.#resyncText(reason);
    const frame = new Frame([text], position);
    for (const group of this.#roster.groups()) group.resync(text, frame);
    this.#watchSlowClients();
  }

  /** Tells everybody where the stream is, and whether it is live. Who joins while it is not is told at once. */
  heartbeat(state: StreamState): void {
    this.#schedule.flush();
    this.#state = state;
    const frame = new Frame([this.#heartbeatText(state)], this.position);
    for (const group of this.#roster.groups()) group.broadcast(frame);
    this.#watchSlowClients();
  }

  /** Closes the connections of sessions that have ended, and lets nobody join with them any more. */
  revoke(revocations: Timed<EndedSession>[]): void {
    if (revocations.length === 0) return;
    for (const revocation of revocations) this.#revocations.add(revocation);
    for (const client of this.clients()) {
      if (this.#revocations.covers(client.identity)) client.close('session_ended');
    }
  }

  closeAll(reason: CloseReason): void {
    this.#schedule.flush();
    for (const client of this.clients()) client.close(reason);
  }

  #push(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) for (const group of this.#roster.groupsOf(delivery)) group.push(delivery);
  }

  #sendPending(): void {
    const { position } = this;
    const frames = new FrameCache();
    for (const group of this.#roster.takeDue()) group.flush(position, frames);
    this.#watchSlowClients();
  }

  /** Nothing reports that a client has read what it had: as long as one is behind, it is looked at from time to time. */
  #watchSlowClients(): void {
    if (this.behind > 0) this.#schedule.watch();
  }

  /** The first frame of a client: the welcome, and all that it missed, or that it has to read the snapshot. */
  #welcome(client: Client, since: Since, older: readonly Entry[]): Frame {
    const { position } = this;
    const audience = audienceOf(client.identity);
    const missed =
      since && since !== 'unreadable' ? missedTexts(since, { older, history: this.#history, audience }) : null;
    const data = {
      position: formatPosition(position),
      recovered: Boolean(missed),
      source: missed && (older.length > 0 ? ('log' as const) : ('memory' as const)),
      heartbeat_ms: heartbeatMs,
      server_time: new Date(this.#now()).toISOString(),
      role: client.identity.role,
      expires_at: expiryOf(client),
    };
    const texts = [encode({ event: 'welcome', seq: position.seq, data })];
    if (missed) texts.push(...missed);
    if (since && !missed) texts.push(this.#resyncText(resyncReason(since, position)));
    if (this.#state && !this.#state.live) texts.push(this.#heartbeatText(this.#state));
    return new Frame(texts, position);
  }

  #resyncText(reason: ResyncReason): string {
    const { position } = this;
    const spread_ms = Math.min(longestSpreadMs, Math.round((this.size / snapshotsPerSecond) * 1000));
    const data = { position: formatPosition(position), reason, spread_ms: this.size > fewClients ? spread_ms : 0 };
    return encode({ event: 'resync', seq: position.seq, data });
  }

  #heartbeatText(state: StreamState): string {
    const { position } = this;
    const data = { position: formatPosition(position), server_time: new Date(this.#now()).toISOString(), ...state };
    return encode({ event: 'heartbeat', seq: position.seq, data });
  }
}
