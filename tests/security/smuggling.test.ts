import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { PartName } from '@live-orders/local/parts/parts.ts';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { exchange, type RawAnswer, readAnswers } from '@live-orders/test-support/clients/raw.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect, vi } from 'vitest';

const lines = (...all: string[]): string => all.join('\r\n');
const head = (...all: string[]): string =>
  lines('POST /PATH HTTP/1.1', 'Host: x', 'Authorization: Bearer TOKEN', ...all, '', '');
const inChunks = (text: string): string => lines(text.length.toString(16), text, '0', '', '');
const told = (text: string): string => `Content-Length: ${text.length}`;
const chunked = 'Transfer-Encoding: chunked';

/**
 * Requests of which one reader could see the end where another does not. What stands behind that end is `hidden`, a whole
 * request: it must not be taken for one.
 */
const refused: Record<string, (hidden: string) => string> = {
  'CL.TE': (hidden) => `${head(told(`0\r\n\r\n${hidden}`), chunked)}0\r\n\r\n${hidden}`,
  'TE.CL': (hidden) => head('Content-Length: 4', chunked) + inChunks(hidden),
  'TE.CL, the coding in capitals': (hidden) =>
    head('Content-Length: 4', 'TRANSFER-ENCODING: CHUNKED') + inChunks(hidden),
  'TE.CL, a tab before the coding': (hidden) =>
    head('Content-Length: 4', 'Transfer-Encoding:\tchunked') + inChunks(hidden),
  'TE.TE, the second unknown': (hidden) => `${head(chunked, 'Transfer-Encoding: x')}0\r\n\r\n${hidden}`,
  'TE.TE, the first unknown': (hidden) => `${head('Transfer-Encoding: x', told(hidden))}${hidden}`,
  'a coding that only ends so': (hidden) => head('Transfer-Encoding: xchunked', told(hidden)) + hidden,
  'a coding in quotes': (hidden) => head('Transfer-Encoding: "chunked"', told(hidden)) + hidden,
  'a vertical tab before the coding': (hidden) => head('Transfer-Encoding:\x0bchunked', told(hidden)) + hidden,
  'chunks before another coding': (hidden) => `${head('Transfer-Encoding: chunked, identity')}0\r\n\r\n${hidden}`,
  'a space before the colon of the coding': (hidden) => head('Transfer-Encoding : chunked', told(hidden)) + hidden,
  'a space before the colon of the length': (hidden) => head(`Content-Length : ${hidden.length}`) + hidden,
  'a line end before the colon': (hidden) => head('Transfer-Encoding\r\n: chunked', told(hidden)) + hidden,
  'a folded coding': (hidden) => head('X: y', ' Transfer-Encoding: chunked', told(hidden), chunked) + hidden,
  'two lengths': (hidden) => head('Content-Length: 0', told(hidden)) + hidden,
  'two lengths in one': (hidden) => head(`Content-Length: 0, ${hidden.length}`) + hidden,
  'the same length twice': (hidden) => head(told(hidden), told(hidden)) + hidden,
  'a length with a plus': (hidden) => head(`Content-Length: +${hidden.length}`) + hidden,
  'a length below zero': (hidden) => head('Content-Length: -1') + hidden,
  'a length in hexadecimal': (hidden) => head(`Content-Length: 0x${hidden.length.toString(16)}`) + hidden,
  'a length with an exponent': (hidden) => head('Content-Length: 1e2') + hidden,
  'a length of two words': (hidden) => head(`Content-Length: 0 ${hidden.length}`) + hidden,
  'a length beyond all numbers': (hidden) => head(`Content-Length: ${2n ** 64n}`) + hidden,
  'an empty length': (hidden) => head('Content-Length:') + hidden,
  'a NUL in a length': (hidden) => head('Content-Length: 0\0') + hidden,
  'a NUL in a header': (hidden) => head('X: a\0b', 'Content-Length: 0') + hidden,
  'a NUL in a name': (hidden) => head('X\0: a', 'Content-Length: 0') + hidden,
  'a bare CR in a header': (hidden) => head('X: a\rTransfer-Encoding: chunked', told(hidden)) + hidden,
  'a bare CR at the end of a header': (hidden) => head('X: a\r\rContent-Length: 0') + hidden,
  'a header without a colon': (hidden) => head('Content-Length') + hidden,
  'a header without a name': (hidden) => head(': x') + hidden,
  'a space in a name': (hidden) => head('X Y: a') + hidden,
  'a version that is none': (hidden) => head().replace('HTTP/1.1', 'HTTP/1.9') + hidden,
  'a version of two digits': (hidden) => head().replace('HTTP/1.1', 'HTTP/1.10') + hidden,
  'no version': (hidden) => head().replace(' HTTP/1.1', '') + hidden,
  'a second target': (hidden) => head().replace(' HTTP', ' /x HTTP') + hidden,
  'a chunk whose size has a prefix': (hidden) => `${head(chunked)}0x0\r\n\r\n${hidden}`,
  'a chunk whose size has a sign': (hidden) => `${head(chunked)}+0\r\n\r\n${hidden}`,
  'a chunk whose size is below zero': (hidden) => `${head(chunked)}-1\r\n\r\n${hidden}`,
  'a chunk whose size is too large to count': (hidden) => `${head(chunked)}1${'0'.repeat(16)}\r\n\r\n${hidden}`,
  'a chunk that is longer than told': (hidden) => `${head(chunked)}1\r\nab\r\n0\r\n\r\n${hidden}`,
  'a chunk with a bare LF behind its size': (hidden) => `${head(chunked)}1\na\r\n0\r\n\r\n${hidden}`,
  'a chunk with a bare LF behind it': (hidden) => `${head(chunked)}1\r\na\n0\r\n\r\n${hidden}`,
  'an extension with a bare LF in it': (hidden) => `${head(chunked)}1;a\nb\r\na\r\n0\r\n\r\n${hidden}`,
  'an extension with a bare CR in it': (hidden) => `${head(chunked)}1;a\rb\r\na\r\n0\r\n\r\n${hidden}`,
};

/** Requests that end where they say, so that what looks like another is in their body. */
const whole: Record<string, (hidden: string) => string> = {
  'a GET with a body': (hidden) => head(told(hidden)).replace('POST', 'GET') + hidden,
  'a GET with a body in chunks': (hidden) => head(chunked).replace('POST', 'GET') + inChunks(hidden),
  'a HEAD with a body': (hidden) => head(told(hidden)).replace('POST', 'HEAD') + hidden,
  'a DELETE with a body': (hidden) => head(told(hidden)).replace('POST', 'DELETE') + hidden,
  'a body of one chunk': (hidden) => head(chunked) + inChunks(hidden),
  'extensions of chunks': (hidden) => head(chunked) + inChunks(hidden).replace('\r\n', ';a=b;c="d"\r\n'),
  'a name that only looks like that of the coding': (hidden) =>
    head('Transfer_Encoding: chunked', told(hidden)) + hidden,
  'a name that only looks like that of the length': (hidden) => head('Content_Length: 0', told(hidden)) + hidden,
  'what a proxy may have told of the coding': (hidden) => head('X-Transfer-Encoding: chunked', told(hidden)) + hidden,
  'an announcement of the body': (hidden) => head('Expect: 100-continue', told(hidden)) + hidden,
};

let shop: Shop;
let victims: [Api, Api];

test.beforeAll(async ({ shop: opened }) => {
  shop = opened;
  await shop.system.ensure('dashboard');
  victims = [await shop.anybody.register('First Victim'), await shop.anybody.register('Second Victim')];
});

const targets: [PartName, string][] = [
  ['gateway', 'orders/api/orders'],
  ['gateway', 'users/api/auth/login'],
  ['users', 'api/auth/login'],
  ['orders', 'api/orders'],
  ['dashboard', 'login'],
];

/** What two customers ask for over the connections that the gateway has to the services, until `isDone`: each answer is their own. */
const askAsVictims = async (isDone: () => boolean): Promise<void> => {
  const ask = async (victim: Api): Promise<void> => {
    do {
      expect((await victim.call(calls.getProfile, {})).id).toBe(victim.session?.user.id);
      expect(await victim.orders()).toEqual([]);
    } while (!isDone());
  };
  await Promise.all([...victims, ...victims].map(ask));
};

type Make = (hidden: string) => string;
interface Seen {
  what: string;
  /** The id of what is hidden, by which a part that takes it for a request would tell of it. */
  id: string;
  answers: RawAnswer[];
}

const send = async (part: PartName, path: string, what: string, make: Make): Promise<Seen> => {
  const id = crypto.randomUUID();
  const token = shop.customer.session?.access_token ?? '';
  const headers = ['Host: x', `Authorization: Bearer ${token}`, `X-Request-Id: ${id}`];
  const text = make(lines(`GET /${path} HTTP/1.1`, ...headers, '', ''))
    .replace('/PATH', `/${path}`)
    .replace('TOKEN', token);
  const received = await exchange(`http://127.0.0.1:${shop.system.part(part).port}`, Buffer.from(text, 'latin1'));
  return { what, id, answers: readAnswers(received, text.startsWith('HEAD')) };
};

/** All of them at once, while others ask. */
const sendAll = async (part: PartName, path: string, all: Record<string, Make>): Promise<Seen[]> => {
  let isDone = false;
  const sending = Promise.all(Object.entries(all).map(([what, make]) => send(part, path, what, make))).finally(() => {
    isDone = true;
  });
  const [seen] = await Promise.all([sending, askAsVictims(() => isDone)]);
  return seen;
};

/** What users, orders and gateway have said of these ids, once they have said something of a later one. */
const linesOf = async (ids: string[]): Promise<string[]> => {
  const later = crypto.randomUUID();
  for (const { path } of [calls.getProfile, calls.listOrders])
    await shop.customer.send('GET', path, { headers: { 'x-request-id': later } });
  const all = shop.system.lines;
  await vi.waitFor(() => expect(all.filter((line) => line.includes(later))).toHaveLength(4), 5_000);
  return all.filter((line) => ids.some((id) => line.includes(id)));
};

describe.each(targets)('%s, at /%s', (part, path) => {
  test('refuses what can be read in two ways, and closes', async () => {
    const seen = await sendAll(part, path, refused);
    for (const { what, answers } of seen) {
      const last = answers.at(-1);
      expect([what, last?.status, last?.headers.get('connection')]).toEqual([what, 400, 'close']);
      // A route may have refused the request already when its body turns out to be none.
      for (const { status } of answers.slice(0, -1)) expect([401, 403, 415, 422]).toContain(status);
      expect(answers.length, what).toBeLessThanOrEqual(2);
    }
    expect(await linesOf(seen.map(({ id }) => id))).toEqual([]);
  });

  test('takes what is in a body for nothing else', async () => {
    const seen = await sendAll(part, path, whole);
    for (const { what, answers } of seen) {
      const final = answers.filter(({ status }) => status !== 100);
      expect(final, what).toHaveLength(1);
      expect(final[0]?.status, what).toBeLessThan(500);
    }
    expect(await linesOf(seen.map(({ id }) => id))).toEqual([]);
  });

  test('answers what follows a good request in its order, and nothing that follows a bad one', async () => {
    const good = (target: string): string => lines(`GET ${target} HTTP/1.1`, 'Host: x', '', '');
    const url = `http://127.0.0.1:${shop.system.part(part).port}`;
    const threeGood = await exchange(url, Buffer.from(good(`/${path}/nowhere`) + good('/none') + good('/none')));
    expect(readAnswers(threeGood)).toHaveLength(3);
    const bad = lines('GET / HTTP/1.1', 'Host: x', 'bad', '', '');
    const behindBad = readAnswers(
      await exchange(url, Buffer.from(good('/none') + bad + good('/none') + good('/none'))),
    );
    expect(behindBad.at(-1)?.status).toBe(400);
    expect(behindBad.length).toBeLessThanOrEqual(2);
  });
});

test('a request that is not hidden is told of by its id', async () => {
  const { id, answers } = await send('gateway', 'orders/api/orders', 'nothing', (open) => open);
  expect(answers.map(({ status }) => status)).toEqual([200]);
  expect(await linesOf([id])).toHaveLength(2);
});

test('what follows a handshake that failed is no request', async () => {
  for (const version of ['13', '777']) {
    const id = crypto.randomUUID();
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Version: ${version}`];
    const handshake = lines(
      'GET /ws HTTP/1.1',
      'Host: x',
      ...upgrade,
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    );
    const hidden = lines('GET /users/api HTTP/1.1', 'Host: x', `X-Request-Id: ${id}`, '', '');
    const answers = readAnswers(await exchange(shop.system.gatewayUrl, Buffer.from(handshake + hidden)));
    expect(answers.map(({ status }) => status)).toEqual([401]);
    expect(await linesOf([id])).toEqual([]);
  }
});
