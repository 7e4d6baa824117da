import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Listens on `host:port` for a moment; the error code where that fails, else undefined. */
const tryListen = (port: number, host: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });

/** Whether something listens on the port already, be it on all addresses or on the loopback address alone. */
export const isTaken = async (port: number): Promise<boolean> => {
  // One after the other, because our own listeners would conflict. Where IPv6 is off, `::` gives another error code.
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    if ((await tryListen(port, host)) === 'EADDRINUSE') return true;
  }
  return false;
};

/**
 * Keeps a port from being given to somebody else before anything listens on it: a datagram socket of the same number,
 * which lives as long as this process, tells every process that asks. Of 20 ports that a laboratory draws before it opens
 * them, two would otherwise be the same in one start of sixty.
 */
const claim = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4').unref();
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });

/**
 * A port that nothing listens on, and that no other call has given, in this process or another one that lives. It is taken
 * from below the range that the system gives to outgoing connections (32768 and up on Linux): otherwise a client that
 * reconnects to a server which is down could be given that very port as its own, and the server could not listen on it.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if ((await claim(port)) && !(await isTaken(port))) return port;
  }
};
