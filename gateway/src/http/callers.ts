import { hash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import { proxySecretHeader } from '@live-orders/contracts/proxy-secret.ts';
import type { Context, MiddlewareHandler } from 'hono';

/** An IPv4 address that came over an IPv6 socket is written as `::ffff:192.0.2.1`. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** One entry of X-Forwarded-For, which some proxies write with a port or in brackets; null for what is no address. */
const addressIn = (entry: string): string | null => {
  const text = entry.trim();
  const bare = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? text;
  const address = plain(bare);
  return isIP(address) === 0 ? null : address;
};

/**
 * The setting TRUSTED_PROXIES: addresses, networks (`10.0.0.0/8`) and `loopback`, separated by commas. Throws a TypeError or
 * RangeError that names what is none of these.
 */
export const readProxies = (text: string): BlockList => {
  const list = new BlockList();
  const entries = text.split(',').map((entry) => entry.trim());
  for (const entry of entries.filter(Boolean).flatMap((one) => (one === 'loopback' ? ['127.0.0.0/8', '::1'] : [one]))) {
    const [address = '', bits] = entry.split('/');
    if (isIP(address) === 0) throw new TypeError(`${entry} is no address, no network and not loopback`);
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, /^\d+$/.test(bits) ? Number(bits) : -1, familyOf(address));
  }
  return list;
};

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/**
 * Tells whom a request is of. A proxy writes the address of its own caller at the end of X-Forwarded-For, and whatever
 * stands before was said by that caller. So the header is read from its end, for as long as a trusted proxy has written it.
 */
export class Callers {
  readonly #proxies: BlockList;
  readonly #secret: Buffer | null;

  /** `secret` is shared with the dashboard's server, whose address may be any. */
  constructor(proxies: BlockList, secret?: string) {
    this.#proxies = proxies;
    this.#secret = secret === undefined ? null : digest(secret);
  }

  /** The caller's address: of `peer` itself, unless it is a trusted proxy or knows the secret. */
  addressOf(peer: string, forwardedFor = '', proof?: string): string {
    const entries = forwardedFor.split(',');
    let address = plain(peer);
    let trusted = this.isProxy(address) || this.#proves(proof);
    while (trusted) {
      const next = addressIn(entries.pop() ?? '');
      if (next === null) break;
      address = next;
      trusted = this.isProxy(address);
    }
    return address;
  }

  /** Whether this is the address of a trusted proxy, behind which any number of people may be. */
  isProxy(address: string): boolean {
    return isIP(address) !== 0 && this.#proxies.check(address, familyOf(address));
  }

  #proves(proof: string | undefined): boolean {
    return proof !== undefined && this.#secret !== null && timingSafeEqual(digest(proof), this.#secret);
  }
}

/** The address of whoever sent a request. */
export const callerOf = (c: Context, callers: Callers): string => {
  const { address: peer = 'unknown' } = getConnInfo(c).remote;
  return callers.addressOf(peer, c.req.header('x-forwarded-for'), c.req.header(proxySecretHeader));
};

/** Tells the log and security events whose request it is, whatever the request claims. */
export const tellAddress =
  (callers: Callers): MiddlewareHandler =>
  async (c, next) => {
    c.set('address', () => callerOf(c, callers));
    await next();
  };
