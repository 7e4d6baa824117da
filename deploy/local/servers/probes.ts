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

const int16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
};

const int32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
};

const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);

/** Sends one request of Kafka's protocol (https://kafka.apache.org/protocol) without a client id; the body of the reply. */
const askKafka = async (port: number, api: number, version: number, body: Buffer): Promise<Buffer | null> => {
  const request = Buffer.concat([int16(api), int16(version), int32(1), int16(-1), body]);
  const reply = await firstReply(port, Buffer.concat([int32(request.length), request]));
  // Length and correlation id come before the body.
  return reply === null || reply.length < 10 ? null : reply.subarray(8);
};

const probeGroup = 'live-orders-probe';

/**
 * Whether this broker knows where consumer groups are coordinated: in a cluster it need not be the one who does it. The
 * first question makes the cluster create the topic that groups need, once it has brokers enough.
 */
export const kafkaFindsGroups = async (port: number): Promise<boolean> => {
  const coordinator = await askKafka(port, 10, 0, text(probeGroup));
  return coordinator?.readInt16BE(0) === 0;
};

/**
 * Whether consumer groups can be joined, the last thing that a broker which has just started can do; before, it accepts
 * connections, and answers that the coordinator is not available or loading. The first question makes it create the
 * topic that groups need. As that has one partition (kafka.ts), one group speaks for all.
 */
export const kafkaAnswers = async (port: number): Promise<boolean> => {
  if (!(await kafkaFindsGroups(port))) return false;
  const groups = await askKafka(port, 15, 0, Buffer.concat([int32(1), text(probeGroup)]));
  return groups?.readInt16BE(4) === 0;
};
