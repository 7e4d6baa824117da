import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** The error code that listening on `host:port` gives, or undefined when it can be listened on. */
const tryListen = (port: number, host: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });

/** Whether something listens on the port already, on all addresses or on the loopback one alone. */
export const isTaken = async (port: number): Promise<boolean> => {
  // One after the other: both at once would meet each other. `::` is missing where IPv6 is switched off.
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    if ((await tryListen(port, host)) === 'EADDRINUSE') return true;
  }
  return false;
};

/**
 * A port that nothing listens on. It is taken from below the range that the system hands out to outgoing connections:
 * otherwise a client that reconnects to a server which is down could be given that server's own port, and keep it.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (!(await isTaken(port))) return port;
  }
};
