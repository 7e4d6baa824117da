import type { Random } from '@live-orders/test-support/random.ts';
import type { Operation } from './operations.ts';

/** A request before it is bytes, so that each oddity can spoil one thing of it. */
export interface Request {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  /** As it goes over the wire; its length or its chunks are told by the headers. */
  body: Buffer;
  /** Whether it is still a request of the operation from which it was made, so that what that documents holds. */
  isOfOperation: boolean;
}

/** Ids of things that there are, by the beginning of the path whose `{id}` they are. */
export type KnownIds = Record<string, string[]>;

/** A good request for an operation, but for a token. `prefix` is what its path has less at this server than at the gateway. */
export const requestOf = (operation: Operation, prefix: string, known: KnownIds, random: Random): Request => {
  const ids = Object.entries(known).find(([start]) => operation.path.includes(start))?.[1] ?? [];
  const id = random.pick([...ids, '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10']);
  const product = random.pick(known['/api/products'] ?? ['']);
  const body = operation.body?.replaceAll(/"product_id":"[^"]*"/g, `"product_id":"${product}"`) ?? '';
  const request: Request = {
    method: operation.method,
    target: operation.path.replace('{id}', id).slice(prefix.length),
    headers: [
      ['Host', 'fuzz'],
      ['Connection', 'close'],
    ],
    body: Buffer.from(body),
    isOfOperation: true,
  };
  if (operation.body !== null)
    request.headers.push(['Content-Type', 'application/json'], ['Content-Length', String(request.body.length)]);
  return request;
};

/** Sets a header in place of those that have this name already. */
export const setHeader = (request: Request, name: string, value: string): void => {
  request.headers = request.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  request.headers.push([name, value]);
};

/** Replaces the body, with its length told. */
export const setBody = (request: Request, body: Buffer | string): void => {
  request.body = Buffer.from(body);
  setHeader(request, 'Content-Length', String(request.body.length));
};

export const toBytes = ({ method, target, headers, body }: Request): Buffer => {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]);
};
