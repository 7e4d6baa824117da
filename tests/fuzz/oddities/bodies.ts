import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Random } from '@live-orders/test-support/random.ts';
import { type Request, setBody, setHeader } from '../requests.ts';
import type { Oddity } from './oddity.ts';

const chunkEnds =
  '0\r\n\r\n|0\r\n\r\n|000\r\n\r\n|0;x\r\n\r\n|0\r\nX-Trailer: 1\r\n\r\n|0\r\nContent-Length: 5\r\n\r\n|x\r\n\r\n|-1\r\n\r\n|0\r\n|'.split(
    '|',
  );

const inChunks = (body: Buffer, random: Random): Buffer => {
  const parts: Buffer[] = [];
  while (parts.reduce((sum, part) => sum + part.length, 0) < body.length) {
    const at = parts.reduce((sum, part) => sum + part.length, 0);
    parts.push(body.subarray(at, at + 1 + random.below(9)));
  }
  const chunks = parts.map((part) => {
    const size = part.length.toString(16).padStart(1 + random.below(4), '0');
    return `${size}${random.pick(['', '', ';a=b', ';a="b"', ';'])}\r\n${part.toString('latin1')}\r\n`;
  });
  return Buffer.from(chunks.join('') + random.pick(chunkEnds), 'latin1');
};

const sendInChunks = (request: Request, plain: Buffer, random: Random): void => {
  setBody(request, inChunks(plain, random));
  request.headers = request.headers.filter(([name]) => name !== 'Content-Length');
  const codings = ['chunked', 'chunked', 'Chunked', 'gzip, chunked', 'chunked, chunked', 'identity'];
  request.headers.push(['Transfer-Encoding', random.pick(codings)]);
};

const packers: [name: string, pack: (plain: Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
];

const sendPacked = (request: Request, plain: Buffer, random: Random): void => {
  const [name, pack] = random.pick(packers);
  const content = random.below(4) === 0 ? Buffer.alloc(2_000_000) : plain;
  setBody(request, random.below(3) === 0 ? plain : pack(content));
  setHeader(
    request,
    'Content-Encoding',
    random.pick([name, name, `${name}, ${name}`, 'GZIP', 'identity', 'x', '', 'chunked']),
  );
};

const types = (
  'text/plain|application/json, text/html|APPLICATION/JSON|application/merge-patch+json|multipart/form-data|json|*/*||' +
  'multipart/form-data; boundary=x|application/x-www-form-urlencoded|application/json;charset=utf-8|' +
  'application/json; charset=UTF-16|application/json; charset=x-none|application/json; charset=|application/json; charset="é"'
).split('|');
const lengths = '0 1 007 -1 +5 1e1 0x5 99999999999999999999 1,1 1,2'.split(' ').concat('');
const tails = ['\0', '{}', ' ', '\n\n', ',', '\u2028', '//', '\r\n\r\nGET / HTTP/1.1\r\n\r\n'];

/** What is told of a body's length, coding, packing and script, and what it is. */
export const encodings: Oddity = (request, operation, random) => {
  const text = operation.body ?? '{}';
  const plain = Buffer.from(text);
  if (request.body.length === 0) setBody(request, plain);
  random.pick<() => void>([
    () => sendPacked(request, plain, random),
    () => sendInChunks(request, plain, random),
    () => setBody(request, Buffer.from(`\ufeff${text}`, random.pick(['utf8', 'utf16le'] as const))),
    () => setBody(request, Buffer.from(text, 'utf16le').swap16()),
    () => setBody(request, Buffer.from([0xff, 0xfe, 0x00, 0xed, 0xa0, 0x80])),
    () => setBody(request, text + random.pick(tails)),
    () => setHeader(request, 'Content-Type', random.pick(types)),
    () => setHeader(request, 'Content-Length', random.pick(lengths)),
  ])();
};

const names = ['x', '__proto__', 'constructor', 'toString', '', 'id', 'role', 'length'];
const values = [
  ...'null 1e999 -0 1E400 "" "\\u0000" "\\ud800" "\\u202e" [] {} true 9007199254740993 "1" -1 0.1 {"__proto__":{"admin":true}}'.split(
    ' ',
  ),
  '{"constructor":{"prototype":{"x":1}}}',
  `"${'a'.repeat(3_000)}"`,
  `${'['.repeat(4_000)}${']'.repeat(4_000)}`,
  `[${'null,'.repeat(20_000)}null]`,
];
const manyMembers = `{${Array.from({ length: 5_000 }, (_none, n) => `"k${n}":${n}`).join(',')}}`;

/** JSON with members too many, too few, twice or of another type, and what is no JSON. */
export const bodies: Oddity = (request, operation, random) => {
  const text = operation.body ?? '{}';
  const members = [...text.matchAll(/"(\w+)":/g)].map(([, name = '']) => name);
  const value = random.pick(values);
  const added = `${JSON.stringify(random.pick([...members, ...names]))}:${value}`;
  const spoilt = random.pick<() => string>([
    () => (text === '{}' ? `{${added}}` : text.replace(/\}$/, `,${added}}`)),
    () => (text === '{}' ? `{${added}}` : text.replace(/^\{/, `{${added},`)),
    () =>
      text.replace(
        new RegExp(`("${random.pick([...members, 'x'])}":)("[^"]*"|[^,}\\]]+)`),
        `$1${value.replaceAll('$', '$$$$')}`,
      ),
    () => value,
    () => `[${text}]`,
    () => text.slice(0, random.below(text.length)),
    () => '{'.repeat(1 + random.below(100_000)),
    () => manyMembers,
  ])();
  setBody(request, spoilt);
  setHeader(request, 'Content-Type', 'application/json');
};
