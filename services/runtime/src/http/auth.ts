import { isStaff, role, type Role, type User } from '@live-orders/contracts/domain/users.ts';
import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import type { Context } from 'hono';
import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { ProblemError } from './problem.ts';

/** What every access token is pinned to; the users service signs with the same. */
export const tokenRules = {
  issuer: 'live-orders/users',
  audience: 'live-orders',
  typ: 'at+jwt',
  algorithm: 'EdDSA',
} as const;

/** Who calls, as the verified token says, or the owner of sessions. `expires_at` in seconds since the epoch. */
export interface Identity {
  id: string;
  email: string;
  name: string;
  role: Role;
  created_at: string;
  session_id: string;
  /** How often all sessions of the user had ended when this one began; missing in tokens of release 0.1. */
  session_epoch?: number | undefined;
  expires_at: number;
}

export type Verify = (token: string) => Promise<Identity>;

/** How an app finds out who calls. */
export interface Authority {
  verify: Verify;
  /**
   * The user of the token's session as the owner of sessions knows it now; null while that cannot be known. Rejects with
   * `unauthenticated` when the session has ended. Without it the token counts for as long as it lives.
   */
  userNow?: (identity: Identity, token: string) => Promise<User | null>;
}

export interface AuthEnv {
  Variables: { identity: Identity; authority: Authority };
}

const claims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  email: z.string(),
  name: z.string(),
  role,
  user_created_at: z.string(),
  session_epoch: z.int().optional(),
  exp: z.number(),
});

/**
 * How many verified tokens are remembered: checking a signature costs about 0.1 ms, and a client sends the same token
 * for minutes.
 */
const cacheSize = 10_000;

/**
 * Verifies access tokens with the given keys. Rejects with `unauthenticated` for a bad or expired token, and with
 * `unavailable` when the keys themselves cannot be had.
 */
export const createVerifier = (keys: JWTVerifyGetKey, now = Date.now): Verify => {
  const verified = new Map<string, Identity>();
  return async (token) => {
    const known = verified.get(token);
    if (known && known.expires_at * 1000 > now()) return known;
    verified.delete(token);
    const identity = await verifyToken(token, keys, now);
    if (verified.size >= cacheSize) verified.delete(verified.keys().next().value ?? '');
    verified.set(token, identity);
    return identity;
  };
};

/**
 * The keys that the users service publishes; fetched when first needed, and again when a token names an unknown key.
 */
export const remoteKeys = (usersUrl: string): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL('/.well-known/jwks.json', usersUrl), { timeoutDuration: 3_000, cooldownDuration: 5_000 });

const verifyToken = async (token: string, keys: JWTVerifyGetKey, now: () => number): Promise<Identity> => {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: tokenRules.issuer,
      audience: tokenRules.audience,
      typ: tokenRules.typ,
      algorithms: [tokenRules.algorithm],
      requiredClaims: ['sub', 'sid', 'exp', 'iat'],
      currentDate: new Date(now()),
    });
    const { sub, sid, exp, user_created_at, ...rest } = claims.parse(payload);
    return { ...rest, id: sub, created_at: user_created_at, session_id: sid, expires_at: exp };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw unauthenticated('The access token has expired; renew it.');
    if (isTokenFault(error)) throw unauthenticated('The access token is not valid.');
    throw new ProblemError('unavailable', 'Tokens cannot be checked at the moment.', {}, { 'retry-after': '2' });
  }
};

const isTokenFault = (error: unknown): boolean =>
  error instanceof z.ZodError ||
  (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && error.code !== 'ERR_JOSE_GENERIC');

const unauthenticated = (detail: string): ProblemError =>
  new ProblemError('unauthenticated', detail, {}, { 'www-authenticate': 'Bearer' });

/** The bearer token of a request, or null. */
export const bearerToken = (c: Context): string | null =>
  /^Bearer ([\w.~+/-]+=*)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? null;

export const sessionEnded = (): ProblemError => unauthenticated('The session has ended; log in again.');

/**
 * Whose token this is, in the role that the user has now. Throws `unauthenticated` for a bad token or a session that has
 * ended. While it cannot be known whether the session has ended, the token counts for customers, and for staff where
 * `staffUnchecked` allows it; otherwise this throws `unavailable`.
 */
export const authenticate = async (
  token: string,
  { verify, userNow }: Authority,
  staffUnchecked: boolean,
): Promise<Identity> => {
  const identity = await verify(token);
  if (!userNow) return identity;
  const user = await userNow(identity, token);
  if (user) return { ...identity, ...user };
  if (staffUnchecked || !isStaff(identity.role)) return identity;
  const detail = 'It cannot be checked at the moment whether your session is still good; nothing was changed.';
  throw new ProblemError('unavailable', detail, {}, { 'retry-after': '2' });
};

/** Who calls, by the access token of the request: as `authenticate`, and unchecked staff may only read. */
export const identify = (c: Context, authority: Authority): Promise<Identity> => {
  const token = bearerToken(c);
  if (!token) throw unauthenticated('Send an access token: Authorization: Bearer …');
  return authenticate(token, authority, c.req.method === 'GET' || c.req.method === 'HEAD');
};

/** Throws `forbidden` for a role that is not among the allowed. */
export const requireRole = (held: Role, allowed: readonly Role[]): void => {
  if (allowed.includes(held)) return;
  throw new ProblemError('forbidden', `This needs the role ${allowed.join(' or ')}; yours is ${held}.`);
};

export const toActor = ({ id, name, role: held }: Identity): Actor => ({ id, name, role: held });
