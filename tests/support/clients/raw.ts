import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes to the server at `url` as they are, and gives what comes back until it closes. */
export const sendRaw = async (url: string, text: string): Promise<string> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString()));
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return answer;
};

const patienceMs = 10_000;
/** Whoever gets one of these has been let in, and nothing would end the wait for the rest. */
const endless = /^HTTP\/1\.1 (101 |200 [^]*?\r\ncontent-type: text\/event-stream)[^]*?\r\n\r\n/i;

/**
 * Sends bytes to the server at `url` as they are; gives what comes back until it closes, and of an answer without an end
 * what has come with its head. After `idleMs` without a byte nothing more is sent, as when a client goes: a server that waits
 * for more has to give up. Rejects when a server does neither close nor answer so in time.
 */
export const exchange = async (url: string, bytes: Buffer, idleMs = 300): Promise<Buffer> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const received: Buffer[] = [];
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    socket.destroy();
  }, patienceMs);
  socket.setTimeout(idleMs, () => socket.end());
  // A server that refuses the first bytes may close before it has read the others.
  socket.on('error', () => undefined);
  socket.on('data', (data: Buffer) => {
    received.push(data);
    if (endless.test(Buffer.concat(received).toString('latin1'))) socket.destroy();
  });
  socket.write(bytes);
  await once(socket, 'close');
  clearTimeout(deadline);
  if (isLate) throw new Error(`the server has not closed after ${patienceMs} ms`);
  return Buffer.concat(received);
};

export interface RawAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
}

/** What a body in chunks takes of these bytes, and what it says. */
const unchunk = (bytes: Buffer): { body: Buffer; length: number } => {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (lineEnd < 0 || !(size >= 0)) throw new Error('an answer in chunks breaks off');
    at = lineEnd + 2;
    parts.push(bytes.subarray(at, at + size));
    at += size + 2;
    if (size === 0) return { body: Buffer.concat(parts), length: at };
  }
};

/** The answers that stand in what came back. `toHead` where they answer HEAD, and so have no bodies. Throws where they are no HTTP. */
export const readAnswers = (received: Buffer, toHead = false): RawAnswer[] => {
  const answers: RawAnswer[] = [];
  let rest = received;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    const [first = '', ...lines] = rest.toString('latin1', 0, end < 0 ? rest.length : end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (end < 0 || !status) throw new Error(`no answer of HTTP: ${JSON.stringify(first.slice(0, 100))}`);
    const headers = new Headers(
      lines.map((line): [string, string] => [
        line.slice(0, line.indexOf(':')),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    rest = rest.subarray(end + 4);
    const hasBody = !toHead && status >= 200 && status !== 204 && status !== 304;
    const isEndless = status === 101 || headers.get('content-type') === 'text/event-stream';
    const isChunked = !isEndless && headers.get('transfer-encoding') === 'chunked';
    const told = Number(headers.get('content-length') ?? rest.length);
    const { body, length } =
      hasBody && isChunked ? unchunk(rest) : { body: rest.subarray(0, hasBody ? told : 0), length: hasBody ? told : 0 };
    answers.push({ status, headers, body });
    rest = rest.subarray(length);
  }
  return answers;
};
