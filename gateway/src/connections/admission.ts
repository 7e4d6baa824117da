import { parsePosition, type Position } from '@live-orders/contracts/socket/position.ts';
import { type AuthEnv, bearerToken, type Identity, type Verify } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Entry } from '../fanout/history.ts';
import type { Hub } from '../fanout/hub.ts';
import type { Origins } from './origins.ts';
import type { Revocations } from '../fanout/revocations.ts';
import type { Client } from '../fanout/audience-group.ts';
import type { Subscriber } from '../stream/subscriber.ts';
import type { Tickets } from './tickets.ts';

/**
 * Events that are read from the log for one client, beyond those in memory: the team's clients could take no more than
 * these in 1 MiB, and 15,000 held all others up for 340 ms.
 */
const mostOlder = 1_000;

interface AdmissionPlan {
  hub: Hub;
  subscriber: Subscriber;
  tickets: Tickets;
  origins: Origins;
  revocations: Revocations;
  verify: Verify;
  maxClients: number;
  maxClientsPerUser: number;
  stopping: () => boolean;
  /** Tells a client that has joined what is no part of the stream. */
  greet: (client: Client) => void;
  log: Log;
}

export interface Credentials {
  ticket?: string | null | undefined;
  token?: string | null | undefined;
}

/** Where a client wants to go on, and what memory no longer holds of the events after that. */
export interface Start {
  since: Position | 'unreadable' | null;
  older: Entry[];
}

/** Who may follow the stream, over whichever transport. */
export class Admission {
  readonly #plan: AdmissionPlan;

  constructor(plan: AdmissionPlan) {
    this.#plan = plan;
  }

  /** Whether the process is on its way out. */
  get isClosing(): boolean {
    return this.#plan.stopping();
  }

  /** Whether clients can be welcomed: the position in the stream is known, and the process is there to stay. */
  get isOpen(): boolean {
    return this.#plan.subscriber.begun && !this.isClosing;
  }

  /** Lets only those pass who may follow the stream; sets `identity`. */
  readonly check = createMiddleware<AuthEnv>(async (c, next) => {
    const { origins, hub, maxClients, maxClientsPerUser } = this.#plan;
    if (!origins.allows(c.req.header('origin'), c.req.header('host'))) {
      throw new ProblemError('forbidden', 'This origin may not follow the stream; see ALLOWED_ORIGINS.');
    }
    if (!this.isOpen || hub.size >= maxClients) throw notReady();
    const identity = await this.identify({ ticket: c.req.query('ticket'), token: bearerToken(c) });
    if (!identity) {
      throw new ProblemError('unauthenticated', 'Get a new ticket from POST /live/ticket, or send a bearer token.');
    }
    if (hub.socketsOf(identity.id) >= maxClientsPerUser) {
      throw new ProblemError('too_many_requests', `A user may have ${maxClientsPerUser} sockets open at once.`);
    }
    c.set('identity', identity);
    await next();
  });

  /**
   * Whose ticket or token this is; null for one that is unknown, used or too old, or whose session has ended. Rejects with
   * `unauthenticated` for a bad token, and with `unavailable` while that cannot be told.
   */
  async identify({ ticket, token }: Credentials): Promise<Identity | null> {
    const { tickets, verify, revocations } = this.#plan;
    const identity = ticket ? await tickets.redeem(ticket) : token ? await verify(token) : null;
    return identity && identity.expires_at * 1000 > Date.now() && !revocations.covers(identity) ? identity : null;
  }

  /** Reads `since`, and from the log what memory no longer holds; nothing of that when the log doesn't either. */
  async start(c: Context, given = c.req.query('since')): Promise<Start> {
    if (!given) return { since: null, older: [] };
    const since = parsePosition(given);
    if (!since) return { since: 'unreadable', older: [] };
    const { hub, subscriber } = this.#plan;
    // Another gateway may be a moment ahead of this one.
    if (since.epoch === hub.position.epoch && since.seq > hub.position.seq) await subscriber.reach(since);
    return { since, older: (await this.#read({ since, older: [] })) ?? [] };
  }

  /**
   * Lets a client join where it wants to go on. Where memory has moved on since the log was read, it is read on, so that
   * only what is truly gone makes a resync; closes it when that fails. `isGone`: the client has left meanwhile.
   */
  async enter(client: Client, start: Start, isGone: () => boolean): Promise<void> {
    const { greet, log } = this.#plan;
    try {
      await this.#join(client, start, isGone);
      greet(client);
    } catch (error) {
      log.warn({ err: error }, 'what a client missed could not be read');
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
    if (this.isClosing || this.#isFull(client.identity)) client.close('going_away');
    else this.#plan.hub.join(client, since, older);
  }

  /** Others may have joined since it was checked. */
  #isFull({ id }: Identity): boolean {
    const { hub, maxClients, maxClientsPerUser } = this.#plan;
    return hub.size >= maxClients || hub.socketsOf(id) >= maxClientsPerUser;
  }

  /** Whether events are missing between those at hand and those in memory. */
  #lacks({ since, older }: Start): boolean {
    const { position, oldest } = this.#plan.hub;
    if (!since || since === 'unreadable' || since.epoch !== position.epoch) return false;
    return (older.at(-1)?.seq ?? since.seq) + 1 < oldest;
  }

  /** The log's events after those at hand and before those in memory; null when some of them are gone, or too many. */
  async #read({ since, older }: Start): Promise<Entry[] | null> {
    if (!since || since === 'unreadable' || !this.#lacks({ since, older })) return [];
    const { oldest } = this.#plan.hub;
    if (oldest - since.seq > mostOlder) return null;
    return this.#plan.subscriber.readLog(older.at(-1)?.seq ?? since.seq, oldest);
  }
}

export const notReady = (): ProblemError =>
  new ProblemError('unavailable', 'The stream is not ready; try again in a moment.', {}, { 'retry-after': '2' });
