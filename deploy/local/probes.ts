import { connect } from 'node:net';

/** Sends `request` to a local port; what comes back first, or null when nothing does within a second. */
const firstReply = (port: number, request: Buffer | string): Promise<Buffer | null> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (reply: Buffer | null): void => {
      socket.destroy();
      resolve(reply);
    };
    socket.setTimeout(1_000, () => finish(null));
    // Refused or reset: a server that is still coming up, which is what the probe is there to find out.
    socket.once('error', () => finish(null));
    socket.once('close', () => finish(null));
    socket.once('data', finish);
    socket.once('connect', () => socket.write(request));
  });

/** Whether Redis serves commands; false while it loads its data. */
export const redisAnswers = async (port: number): Promise<boolean> => {
  const reply = await firstReply(port, 'PING\r\n');
  return reply?.toString().startsWith('+PONG') ?? false;
};

/*
 * Metadata request, version 1, for no topic: length, api key 3, version 1, correlation id, null client id, 0 topics.
 * https://kafka.apache.org/protocol#The_Messages_Metadata
 */
const metadataRequest = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0]);

/** Whether the broker is part of its own cluster, so that topics can be created: it accepts connections before that. */
export const kafkaAnswers = async (port: number): Promise<boolean> => {
  const reply = await firstReply(port, metadataRequest);
  // Length and correlation id, then the number of brokers.
  return reply !== null && reply.length >= 12 && reply.readInt32BE(8) === 1;
};

/** Whether a part's health address answers, and not with an error. */
export const httpAnswers = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000), redirect: 'manual' });
    await response.body?.cancel();
    return response.status < 400;
  } catch (error) {
    // Node's fetch reports a refused connection as a TypeError, and the time-out as a TimeoutError.
    if (error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')) return false;
    throw error;
  }
};
