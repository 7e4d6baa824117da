import { createHmac, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { accessTokenSeconds } from '@live-orders/contracts/rest/users.ts';
import { tokenRules } from '@live-orders/runtime/http/auth.ts';
import { calculateJwkThumbprint, exportJWK, type JSONWebKeySet, SignJWT } from 'jose';
import type { UserRow } from './rows.ts';

// RFC 8410: the PKCS #8 header of an Ed25519 private key; the 32 bytes of the key follow.
const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

const derive = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'live-orders', purpose, 32));

/** What an access token tells of its user. */
type SignedUser = Pick<UserRow, 'id' | 'email' | 'name' | 'role' | 'created_at' | 'session_epoch'>;

/**
 * Signs access tokens with an Ed25519 key derived from `JWT_SECRET`, so that every replica has the same key and no
 * other part can sign. `keySet` is the public half, for `/.well-known/jwks.json`.
 */
export class Signer {
  readonly keySet: JSONWebKeySet;
  readonly #key: KeyObject;
  readonly #keyId: string;
  readonly #refreshKey: Buffer;

  private constructor(key: KeyObject, keyId: string, keySet: JSONWebKeySet, refreshKey: Buffer) {
    this.#key = key;
    this.#keyId = keyId;
    this.keySet = keySet;
    this.#refreshKey = refreshKey;
  }

  static async create(secret: string): Promise<Signer> {
    const der = Buffer.concat([pkcs8Ed25519, derive(secret, 'access-token signing key')]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const jwk = await exportJWK(createPublicKey(key));
    const kid = await calculateJwkThumbprint(jwk);
    const keys = [{ ...jwk, kid, alg: tokenRules.algorithm, use: 'sig' }];
    return new Signer(key, kid, { keys }, derive(secret, 'refresh-token rotation'));
  }

  /** An access token of the user's session. */
  sign(user: SignedUser, sessionId: string): Promise<string> {
    const { email, name, role, created_at, session_epoch } = user;
    return new SignJWT({ sid: sessionId, email, name, role, user_created_at: created_at, session_epoch })
      .setProtectedHeader({ alg: tokenRules.algorithm, typ: tokenRules.typ, kid: this.#keyId })
      .setIssuer(tokenRules.issuer)
      .setAudience(tokenRules.audience)
      .setSubject(user.id)
      .setIssuedAt()
      .setExpirationTime(`${accessTokenSeconds} s`)
      .sign(this.#key);
  }

  /**
   * The secret of a session's refresh token after so many renewals, from 1; the hash of its first secret stands for the
   * session. Two tabs that refresh at the same moment thus get the same successor, and an earlier token can be told from a
   * forged one.
   */
  refreshSecret(firstHash: Buffer, generation: number): string {
    return createHmac('sha256', this.#refreshKey).update(firstHash).update(`${generation}`).digest('base64url');
  }
}
