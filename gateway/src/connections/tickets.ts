import { randomBytes } from 'node:crypto';
import { ticketSeconds } from '@live-orders/contracts/socket/tickets.ts';
import { role } from '@live-orders/contracts/domain/users.ts';
import type { Identity } from '@live-orders/runtime/http/auth.ts';
import type { Redis } from 'ioredis';
import { z } from 'zod';

const identity = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role,
  created_at: z.string(),
  session_id: z.string(),
  session_epoch: z.int().optional(),
  expires_at: z.number(),
});

/**
 * Tickets with which a browser opens a connection, each good once: a browser cannot send headers with an upgrade, and a token
 * does not belong into an address, which is logged. They lie in Redis, so that any gateway takes a ticket of another.
 */
export class Tickets {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = `${prefix}ticket:`;
  }

  /** A new ticket of this user, good for `ticketSeconds`. */
  async issue(holder: Identity): Promise<string> {
    const ticket = randomBytes(24).toString('base64url');
    await this.#redis.set(`${this.#prefix}${ticket}`, JSON.stringify(holder), 'EX', ticketSeconds);
    return ticket;
  }

  /** Whose ticket this was, or null for one that is unknown, used or too old. */
  async redeem(ticket: string): Promise<Identity | null> {
    if (!/^[\w-]{32}$/.test(ticket)) return null;
    const stored = await this.#redis.getdel(`${this.#prefix}${ticket}`);
    return stored === null ? null : identity.parse(JSON.parse(stored));
  }
}
