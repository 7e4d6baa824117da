import { setHeader } from '../requests.ts';
import type { Oddity } from './oddity.ts';

const names = (
  'If-Match If-None-Match If-Modified-Since Idempotency-Key X-Request-Id traceparent tracestate Accept Accept-Encoding ' +
  'Accept-Language Range Expect Cookie Last-Event-Id User-Agent Origin X-Forwarded-For X-Forwarded-Prefix X-Forwarded-Host ' +
  'X-Forwarded-Proto Forwarded X-Original-URL X-Rewrite-URL X-HTTP-Method-Override Via TE Trailer Max-Forwards Keep-Alive ' +
  'Proxy-Connection Proxy-Authorization Content-Encoding Content-Range Authorization Host Connection x_user_id'
).split(' ');
const values = [
  ...'* " "" W/"1" "1","2" é\xff 0 -1 99999999999999999999 \t null __proto__ %00 = ; gzip;q=0,* bytes=0- 127.0.0.1'.split(
    ' ',
  ),
  ...'1.2.3.999 ::1 [::1]:80 unknown 100-continue x@y:z keep-alive,authorization upgrade Bearer Bearer\ta Bearer\u00a0a'.split(
    ' ',
  ),
  ...['', ' ', 'Bearer a b', 'Bearer ..', 'Basic YTpi', ','.repeat(2_000), 'x'.repeat(4_000), 'x'.repeat(17_000)],
  ...['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0', 'application/problem+json', 'a=b; c'],
];

/** Headers that the parts read, and those that proxies and browsers know, with values of all kinds. */
export const headers: Oddity = (request, _operation, random) => {
  const [name, value] = [random.pick(names), random.pick(values)];
  if (random.below(2) === 0) request.headers.push([name, value]);
  else setHeader(request, name, value);
  const many = random.below(10) === 0 ? 150 : 0;
  for (let n = 0; n < many; n += 1) request.headers.push([`X-Odd-${n}`, value.slice(0, 20)]);
};

const methodNames =
  'HEAD HEAD HEAD OPTIONS OPTIONS GET POST PUT PATCH DELETE TRACE PROPFIND QUERY PURGE get Head M-SEARCH LINK'.split(
    ' ',
  );

/** HEAD, OPTIONS and all other methods, also as a browser asks before a call from another page. */
export const methods: Oddity = (request, _operation, random) => {
  request.isOfOperation = false;
  request.method = random.pick(methodNames);
  if (random.below(2) === 0)
    setHeader(request, 'Access-Control-Request-Method', random.pick(['GET', 'DELETE', 'x', '']));
  if (random.below(2) === 0) setHeader(request, 'Origin', random.pick(['null', 'http://evil.example', 'file://', '']));
};

const upgradeTargets =
  '/ws /ws? /ws?ticket=x /ws?ticket=*&ticket= /ws?since=1 /ws/ /ws?since=%00 /ws%20 /w%73 //ws'.split(' ');
/** What an upgrade consists of, with what each may be instead. */
const upgradeHeaders: [name: string, values: string[]][] = [
  [
    'Connection',
    ['Upgrade', 'Upgrade', 'upgrade, close', 'keep-alive, Upgrade', 'close', 'Upgrade, close, x-request-id'],
  ],
  [
    'Upgrade',
    ['websocket', 'websocket', 'WebSocket', 'websocket, h2c', 'h2c', 'TLS/1.0', '', 'websocket\t', 'x'.repeat(500)],
  ],
  ['Sec-WebSocket-Key', ['dGhlIHNhbXBsZSBub25jZQ==', '', 'x', 'dGhlIHNhbXBsZSBub25jZQ', 'é', 'x'.repeat(3_000)]],
  ['Sec-WebSocket-Version', ['13', '13', '8', '7', '0', '-1', '13, 8', 'x', '', '255']],
  [
    'Sec-WebSocket-Extensions',
    ['permessage-deflate', 'permessage-deflate; server_max_window_bits=99', ';;', 'x; y="', ''],
  ],
  ['Sec-WebSocket-Protocol', ['graphql-ws', ',', '', 'a,a', 'é', '"']],
  ['HTTP2-Settings', ['AAMAAABkAARAAAAAAAIAAAAA', '', '!']],
  ['Origin', ['null', 'http://evil.example', '', 'file://', 'http://fuzz:99999']],
];

/** Upgrades to sockets that are none, to other protocols, and at addresses that have no sockets. */
export const upgrades: Oddity = (request, _operation, random) => {
  if (random.below(3) === 0) {
    request.target = random.pick(upgradeTargets);
    request.isOfOperation = false;
  }
  for (const [name, choice] of upgradeHeaders) if (random.below(4) > 0) setHeader(request, name, random.pick(choice));
};
