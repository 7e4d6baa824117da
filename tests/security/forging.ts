import { createHmac, createPrivateKey, generateKeyPairSync, hkdfSync, type KeyObject, sign } from 'node:crypto';
import { settings } from '@live-orders/runtime/process/config.ts';
import { CompactEncrypt } from 'jose';

/** A part of a token. */
export type Json = Record<string, unknown>;

/** What a forger has in hand. */
export interface Means {
  /** A good token of the forger's own, a customer's, in its three parts. */
  own: [header: string, payload: string, signature: string];
  header: Json;
  claims: Json;
  adminId: string;
  publicKey: KeyObject;
  refreshToken: string;
}

const secret = settings.accounts.JWT_SECRET.parse(undefined);
// As services/users/src/tokens.ts derives it; RFC 8410 has what stands before the key itself.
const seedOf = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, 'live-orders', purpose, 32));
const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seedOf('access-token signing key')]);
/** The key that signs for good. A forger has none; with it a test shows that more is looked at than the signature. */
export const rightKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });

const strange = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = (key: KeyObject): Json => ({ ...key.export({ format: 'jwk' }) });

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const ed25519 = (key: KeyObject) => (input: string) => sign(null, Buffer.from(input), key).toString('base64url');
const hmac = (hash: string, key: Buffer | string) => (input: string) =>
  createHmac(hash, key).update(input).digest('base64url');
const forge = (header: unknown, claims: unknown, signer: (input: string) => string): string => {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signer(input)}`;
};

/** An administrator's claims in a forger's name. */
const raised = ({ claims, adminId }: Means): Json => ({ ...claims, sub: adminId, role: 'admin' });
/** Signed as it should be, and yet not to be taken. */
export const withClaims = (change: Json) => (means: Means) =>
  forge(means.header, { ...means.claims, ...change }, ed25519(rightKey));
const without = (name: string) => withClaims({ [name]: undefined });
const withHeader = (change: Json) => (means: Means) =>
  forge({ ...means.header, ...change }, means.claims, ed25519(rightKey));
/** Signed with a key of the forger's own. */
const byStranger = (change: Json) => (means: Means) =>
  forge({ ...means.header, ...change }, raised(means), ed25519(strange.privateKey));
const unsigned = (alg: unknown) => (means: Means) => forge({ typ: 'at+jwt', alg }, raised(means), () => '');
const bySecret = (alg: string, hash: string, key: (means: Means) => Buffer | string) => (means: Means) =>
  forge({ ...means.header, alg }, raised(means), hmac(hash, key(means)));
/** The forger's own good token with another payload. */
const tampered = (change: (text: string, means: Means) => string) => (means: Means) => {
  const [header, payload, signature] = means.own;
  return `${header}.${encode(change(Buffer.from(payload, 'base64url').toString(), means))}.${signature}`;
};
const resigned = (change: (signature: string, means: Means) => string) => (means: Means) =>
  `${means.own[0]}.${means.own[1]}.${change(means.own[2], means)}`;
const now = () => Math.floor(Date.now() / 1000);
const pem = ({ publicKey }: Means) => publicKey.export({ format: 'pem', type: 'spki' });
const rawKey = ({ publicKey }: Means) => Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');

/** The order of the group of Ed25519, in little-endian bytes: added to a signature's second half it makes another (RFC 8032, 8.4). */
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const addOrder = (signature: string): string => {
  const bytes = Buffer.from(signature, 'base64url');
  const scalar = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
  const half = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse();
  return Buffer.concat([bytes.subarray(0, 32), half]).toString('base64url');
};

type Make = (means: Means) => string | Promise<string>;

const forgeries: Record<string, Record<string, Make>> = {
  'without a signature': {
    none: unsigned('none'),
    None: unsigned('None'),
    NONE: unsigned('NONE'),
    nOnE: unsigned('nOnE'),
    'an empty algorithm': unsigned(''),
    'no algorithm': unsigned(undefined),
    'null for one': unsigned(null),
    'a list of them': unsigned(['EdDSA']),
    'none, and the old signature': (means) => forge({ typ: 'at+jwt', alg: 'none' }, raised(means), () => means.own[2]),
    'an empty one': resigned(() => ''),
    'two parts': ({ own }) => own.slice(0, 2).join('.'),
    'one part': ({ own }) => own[1],
  },
  'of another algorithm': {
    'HS256 by the secret': bySecret('HS256', 'sha256', () => secret),
    'HS384 by the secret': bySecret('HS384', 'sha384', () => secret),
    'HS512 by the secret': bySecret('HS512', 'sha512', () => secret),
    'HS256 by the public key in PEM': bySecret('HS256', 'sha256', pem),
    'HS256 by the bytes of the public key': bySecret('HS256', 'sha256', rawKey),
    'HS512 by the public JWK': bySecret('HS512', 'sha512', ({ publicKey }) => JSON.stringify(jwkOf(publicKey))),
    'HS256 by nothing': bySecret('HS256', 'sha256', () => ''),
    'EdDSA, which is HS256': bySecret('EdDSA', 'sha256', () => secret),
    'RS256 by an own key': (means) =>
      forge({ ...means.header, alg: 'RS256', jwk: jwkOf(rsa.publicKey) }, raised(means), (input) =>
        sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url'),
      ),
    'ES256 by an own key': (means) =>
      forge({ ...means.header, alg: 'ES256', jwk: jwkOf(p256.publicKey) }, raised(means), (input) =>
        sign('sha256', Buffer.from(input), { key: p256.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
      ),
    'ES256 of zeros': (means) => forge({ ...means.header, alg: 'ES256' }, raised(means), () => encode('\0'.repeat(64))),
    'Ed25519, which is not listed': withHeader({ alg: 'Ed25519' }),
    'eddsa, written small': withHeader({ alg: 'eddsa' }),
  },
  'by an own key': {
    'with the right key id': byStranger({}),
    'with no key id': byStranger({ kid: undefined }),
    'with another key id': byStranger({ kid: 'mine' }),
    'with a path for a key id': byStranger({ kid: '../../../../dev/null' }),
    'with SQL for a key id': byStranger({ kid: `x' UNION SELECT 'a';--` }),
    'with a number for a key id': byStranger({ kid: 0 }),
    'with the key in it': byStranger({ kid: undefined, jwk: jwkOf(strange.publicKey) }),
    'with an address of the key': byStranger({ jku: 'http://127.0.0.1:9/jwks.json' }),
    'with an address of a certificate': byStranger({ x5u: 'http://127.0.0.1:9/cert.pem' }),
    'with a certificate': byStranger({ x5c: ['MIIB'] }),
    'with a claim to the audience and issuer': byStranger({ iss: 'live-orders/users', aud: 'live-orders' }),
  },
  'with a spoilt signature': {
    truncated: resigned((signature) => signature.slice(0, -4)),
    'of zeros': resigned(() => Buffer.alloc(64).toString('base64url')),
    'of another token': resigned((_signature, means) => withClaims({ iat: 1 })(means).split('.')[2] ?? ''),
    'with one bit turned': resigned((signature) => `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`),
    'with the order of the group added': resigned(addOrder),
    'with a byte more': resigned((signature) => `${signature}AA`),
  },
  'with other parts': {
    'a fourth part': ({ own }) => [...own, own[2]].join('.'),
    'a space in it': ({ own }) => `${own[0]}. ${own[1]}.${own[2]}`,
    'a tab behind it': ({ own }) => `${own.join('.')}\tx`,
    'itself twice': ({ own }) => `${own.join('.')},${own.join('.')}`,
    'no header': ({ own }) => `.${own[1]}.${own[2]}`,
    'no payload': ({ own }) => `${own[0]}..${own[2]}`,
    'a payload that is no JSON': (means) => forge(means.header, '{', ed25519(rightKey)),
    'a payload that is a list': (means) => forge(means.header, [means.claims], ed25519(rightKey)),
    'a payload that is a text': (means) => forge(means.header, '"admin"', ed25519(rightKey)),
    'a header that is no JSON': (means) => forge('{', means.claims, ed25519(rightKey)),
    'a header that is a list': (means) => forge([means.header], means.claims, ed25519(rightKey)),
    'a token in a token': (means) =>
      forge({ ...means.header, cty: 'JWT', typ: 'JWT' }, means.own.join('.'), ed25519(rightKey)),
    'an encrypted one': async (means) =>
      new CompactEncrypt(Buffer.from(JSON.stringify(raised(means))))
        .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM', typ: 'at+jwt' })
        .encrypt(rsa.publicKey),
    'JSON instead of three parts': ({ own: [head, payload, signature] }) =>
      encode({ protected: head, payload, signature }),
    'ten thousand letters': () => 'x'.repeat(10_000),
    'ten thousand dots': () => '.'.repeat(10_000),
  },
  'with another header': {
    'no type': withHeader({ typ: undefined }),
    'the type of any token': withHeader({ typ: 'JWT' }),
    'the type of a refresh token': withHeader({ typ: 'rt+jwt' }),
    'a number for a type': withHeader({ typ: 1 }),
    'an extension that has to be understood': withHeader({ crit: ['exp'], exp: 0 }),
    'an empty list of such extensions': withHeader({ crit: [] }),
    'a payload that is not encoded': withHeader({ crit: ['b64'], b64: false }),
  },
  'with other claims': {
    ...Object.fromEntries(
      ['sub', 'sid', 'exp', 'iat', 'iss', 'aud', 'role', 'email', 'name', 'user_created_at'].map((name) => [
        `no ${name}`,
        without(name),
      ]),
    ),
    'an exp that is over': (means) => withClaims({ exp: now() - 1 })(means),
    'an exp of long ago': withClaims({ exp: 1 }),
    'an exp below zero': withClaims({ exp: -(2 ** 53) }),
    'an exp that is a text': withClaims({ exp: '9999999999' }),
    'an exp beyond all numbers': tampered((text) => text.replace(/"exp":\d+/, '"exp":1e999')),
    'an exp that is true': withClaims({ exp: true }),
    'an exp in a list': withClaims({ exp: [9_999_999_999] }),
    'an nbf to come': (means) => withClaims({ nbf: now() + 600 })(means),
    'an nbf that is a text': withClaims({ nbf: '0' }),
    'an iat that is a text': withClaims({ iat: '0' }),
    'another issuer': withClaims({ iss: 'live-orders/orders' }),
    'another audience': withClaims({ aud: 'live-orders/admin' }),
    'several other audiences': withClaims({ aud: ['a', 'live-orders ', 'LIVE-ORDERS'] }),
    'an audience that is an object': withClaims({ aud: { 'live-orders': true } }),
    'a subject that is no id': withClaims({ sub: 'admin' }),
    'a subject in a list': withClaims({ sub: ['01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'] }),
    'a subject that is a number': withClaims({ sub: 1 }),
    'a session that is no id': withClaims({ sid: '*' }),
    'a session that never was': withClaims({ sid: crypto.randomUUID() }),
    'an unknown role': withClaims({ role: 'root' }),
    'a role in capitals': withClaims({ role: 'ADMIN' }),
    'a role with a space': withClaims({ role: 'admin ' }),
    'several roles': withClaims({ role: ['customer', 'admin'] }),
    'an epoch that is a fraction': withClaims({ session_epoch: 0.5 }),
    'an epoch that is a text': withClaims({ session_epoch: '0' }),
    'an epoch beyond all numbers': withClaims({ session_epoch: 2 ** 60 }),
  },
  'tampered with': {
    'the role raised': tampered((text) => text.replace('"customer"', '"admin"')),
    'the role twice': tampered((text) => text.replace('{', '{"role":"admin",')),
    'the role twice, the second raised': tampered((text) => text.replace(/\}$/, ',"role":"admin"}')),
    'another subject': tampered((text, { adminId }) => text.replace(/"sub":"[^"]*"/, `"sub":"${adminId}"`)),
    'a longer life': tampered((text) => text.replace(/"exp":\d+/, '"exp":9999999999')),
    'a space more': tampered((text) => `${text} `),
    'a byte order mark before': tampered((text) => `\ufeff${text}`),
    'a prototype': tampered((text) => text.replace('{', '{"__proto__":{"role":"admin"},')),
  },
  'that are something else': {
    'a refresh token': ({ refreshToken }) => refreshToken,
    'the secret': () => secret,
    'the word null': () => 'null',
    nothing: () => '',
  },
};

/** Every forgery, and how it is made. */
export const cases = Object.entries(forgeries).flatMap(([kind, some]) =>
  Object.entries(some).map(([what, make]) => ({ kind, what, make })),
);
