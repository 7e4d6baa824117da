import { parsePosition } from '@live-orders/contracts/socket/position.ts';
import {
  authenticate,
  type AuthEnv,
  type Authority,
  bearerToken,
  type Identity,
} from '@live-orders/runtime/http/auth.ts';
import type { Denials } from '@live-orders/runtime/audit/denials.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { asGuard } from '@live-orders/runtime/http/policy.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Client } from '../fanout/client.ts';
import type { Entry } from '../fanout/history.ts';
import type { Hub } from '../fanout/hub.ts';
import type { Since } from '../fanout/replay.ts';
import type { Revocations } from '../fanout/revocations.ts';
import { type Callers, callerOf } from '../http/callers.ts';
import { closingOf } from '../http/outgoing.ts';
import type { Connections } from '../limits/connections.ts';
import type { RequestRates } from '../limits/request-rates.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import type { PresenceChannel } from '../presence/presence-channel.ts';
import type { Subscriber } from '../stream/subscriber.ts';
import type { Drain } from './drain.ts';
import type { Origins } from './origins.ts';
import type { Tickets } from './tickets.ts';

/**
 * How many events that memory no longer holds are read from the log for one client. No more of them fit into the 1 MiB
 * that a client of the team is sent at most, and reading 15,000 held all others up for 340 ms.
 */
const mostOlder = 1_000;
/**
 * How many such events are read for all clients together at once, and how many a second after that; past both a client resyncs,
 * as if they were gone. Each takes 25 to 45 µs: one customer who came back 100 times at once to where 900 events were missing
 * kept the gateway busy for 4 s, in which Redis was too slow for others.
 */
const olderAtOnce = 10_000;
const olderPerSecond = 2_000;

/** Of all places the last tenth is kept for the team, so that customers cannot take the stream from those who serve them. */
const teamShare = 0.1;

interface AdmissionOptions {
  hub: Hub;
  subscriber: Subscriber;
  tickets: Tickets;
  origins: Origins;
  revocations: Revocations;
  authority: Authority;
  maxClients: number;
  maxClientsPerUser: number;
  /** Counts a request for whoever sent it; throws `too_many_requests`. */
  rates: Pick<RequestRates, 'count'>;
  callers: Callers;
  /** The streams of each address, through whichever proxy they come. */
  streams: Connections;
  drain: Pick<Drain, 'begun'>;
  denials: Pick<Denials, 'record'>;
  presence: PresenceChannel;
  log: Log;
}

export interface Credentials {
  ticket?: string | null | undefined;
  token?: string | null | undefined;
}

/** Where a client wants to go on, and those events after it that memory no longer holds. */
export interface Start {
  since: Since;
  older: Entry[];
}

/** Who may follow the stream, over whichever transport. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #now: () => number;
  readonly #older: TokenBucket;

  /** `now` is a clock in ms that never goes back. */
  constructor(options: AdmissionOptions, now = () => performance.now()) {
    this.#options = options;
    this.#now = now;
    this.#older = new TokenBucket(olderAtOnce, olderPerSecond, now());
  }

  /** Whether the process has been asked to stop. */
  get isStopping(): boolean {
    return this.#options.drain.begun;
  }

  /** Whether clients can be welcomed: the position in the stream is known, and the process is there to stay. */
  get isOpen(): boolean {
    return this.#options.subscriber.begun && !this.isStopping;
  }

  /** How many clients there may be, of the team and customers together. */
  get maxClients(): number {
    return this.#options.maxClients;
  }

  /** Whether nobody at all can be let in, not even of the team. Customers alone never make it so. */
  get isFull(): boolean {
    return this.#options.hub.size >= this.maxClients;
  }

  /** The guard of both transports: lets only requests pass whose sender may follow the stream; sets `identity`. */
  readonly guard = asGuard(
    createMiddleware<AuthEnv>(async (c, next) => {
      c.set('identity', await this.#admit(c));
      await next();
    }),
  );

  async #admit(c: Context): Promise<Identity> {
    const { origins, hub, maxClientsPerUser, rates, streams, callers } = this.#options;
    if (!origins.allows(c.req.header('origin'), c.req.header('host'))) {
      throw new ProblemError('forbidden', 'This origin may not follow the stream; see ALLOWED_ORIGINS.');
    }
    if (!this.isOpen) throw notReady();
    if (this.isFull) throw full();
    const credentials = { ticket: c.req.query('ticket'), token: bearerToken(c) };
    const identity = await this.identify(credentials).catch((error: unknown) => {
      rates.count(c, undefined);
      throw error;
    });
    rates.count(c, identity?.id);
    if (!identity) {
      throw new ProblemError('unauthenticated', 'Get a new ticket from POST /live/ticket, or send a bearer token.');
    }
    if (hub.connectionsOf(identity.id) >= maxClientsPerUser) {
      throw new ProblemError('too_many_requests', `A user may have ${maxClientsPerUser} sockets open at once.`);
    }
    if (!this.#hasPlaceFor(identity)) throw full();
    if (!streams.hold(callerOf(c, callers), closingOf(c.env))) {
      throw new ProblemError('too_many_requests', 'Your address has as many streams open as it may have at once.');
    }
    return identity;
  }

  /**
   * Whose ticket or token this is; null without either, and for a ticket that is unknown, used or too old, or whose session
   * has ended. Rejects with `unauthenticated` for a bad token, and with `unavailable` while tokens cannot be checked, or, for
   * staff, the session of a token. That of a ticket was checked when it was issued, at most `ticketSeconds` ago.
   */
  async identify({ ticket, token }: Credentials): Promise<Identity | null> {
    const { tickets, authority, revocations, denials } = this.#options;
    const identity = ticket ? await tickets.redeem(ticket) : token ? await authenticate(token, authority, false) : null;
    if (identity && identity.expires_at * 1000 > Date.now() && !revocations.covers(identity)) return identity;
    if (ticket) denials.record('ticket.refused', { subject: identity?.id ?? null, details: {} });
    return null;
  }

  /**
   * Where the client of a request wants to go on. Events that memory no longer holds are read from the log; they are left
   * out when they cannot be had in full.
   */
  async start(c: Context, given = c.req.query('since')): Promise<Start> {
    if (!given) return { since: null, older: [] };
    const since = parsePosition(given);
    if (!since) return { since: 'unreadable', older: [] };
    const { hub, subscriber } = this.#options;
    // The position may come from another gateway, which was a moment ahead of this one.
    if (since.epoch === hub.position.epoch && since.seq > hub.position.seq) await subscriber.reach(since);
    return { since, older: (await this.#read({ since, older: [] })) ?? [] };
  }

  /**
   * Lets a client join where it wants to go on. When memory has moved on since the log was read, the log is read on, so that
   * only events that are truly gone make a resync. Closes the client when that fails. `isGone` says whether the client has
   * left meanwhile.
   */
  async enter(client: Client, start: Start, isGone: () => boolean): Promise<void> {
    const { presence, log } = this.#options;
    try {
      await this.#join(client, start, isGone);
      presence.sendTo(client);
    } catch (error) {
      log.warn({ err: error }, 'letting a client join the stream failed; it is asked to come back');
      client.close('going_away');
    }
  }

  async #join(client: Client, start: Start, isGone: () => boolean): Promise<void> {
    const { since, older } = { since: start.since, older: [...start.older] };
    while (this.#lacks({ since, older })) {
      const next = await this.#read({ since, older });
      if (!next) break;
      older.push(...next);
    }
    if (isGone()) return;
    const { hub, maxClientsPerUser } = this.#options;
    // Others may have joined since `guard` let this one pass.
    const hasPlace = this.#hasPlaceFor(client.identity) && hub.connectionsOf(client.identity.id) < maxClientsPerUser;
    if (this.isStopping || !hasPlace) client.close('going_away');
    else hub.join(client, since, older);
  }

  #hasPlaceFor({ role }: Identity): boolean {
    const kept = role === 'customer' ? Math.ceil(this.maxClients * teamShare) : 0;
    return this.#options.hub.size < this.maxClients - kept;
  }

  /** Whether events are missing between those at hand and those in memory. */
  #lacks({ since, older }: Start): boolean {
    const { position, oldest } = this.#options.hub;
    if (!since || since === 'unreadable' || since.epoch !== position.epoch) return false;
    return (older.at(-1)?.seq ?? since.seq) + 1 < oldest;
  }

  /**
   * The log's events after those at hand and before those in memory; null when some are gone, when there are too many, or when
   * too many were read of late.
   */
  async #read({ since, older }: Start): Promise<Entry[] | null> {
    if (!since || since === 'unreadable' || !this.#lacks({ since, older })) return [];
    const { oldest } = this.#options.hub;
    if (oldest - since.seq > mostOlder) return null;
    const last = older.at(-1)?.seq ?? since.seq;
    if (!this.#older.take(this.#now(), oldest - 1 - last)) return null;
    return this.#options.subscriber.readLog(last, oldest);
  }
}

/** For a client that comes too early or too late. */
export const notReady = (): ProblemError =>
  new ProblemError('unavailable', 'The stream is not ready; try again in a moment.', {}, { 'retry-after': '2' });

/** For a client that comes to a gateway without a place for it. */
export const full = (): ProblemError =>
  new ProblemError(
    'unavailable',
    'Every place at this gateway is taken; try again in a moment, or at another one.',
    {},
    { 'retry-after': '2' },
  );
