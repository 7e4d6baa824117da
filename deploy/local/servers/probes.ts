import { connect } from 'node:net';

/** Sends `request` to a local port; the first bytes of the reply, or null when none comes within a second. */
const firstReply = (port: number, request: Buffer | string): Promise<Buffer | null> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (reply: Buffer | null): void => {
      socket.destroy();
      resolve(reply);
    };
    socket.setTimeout(1_000, () => finish(null));
    // A refused or reset connection means that the server is still coming up: an answer, and no error of the probe.
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

/** Sends one request of Kafka's protocol (https://kafka.apache.org/protocol); the body of the reply, or null without one. */
const askKafka = async (port: number, key: number, version: number, body: Buffer): Promise<Buffer | null> => {
  // The header: which request, of which version, the correlation id, and -1 for no client id.
  const request = Buffer.concat([int16(key), int16(version), int32(1), int16(-1), body]);
  const reply = await firstReply(port, Buffer.concat([int32(request.length), request]));
  // Length and correlation id come before the body.
  return reply === null || reply.length < 10 ? null : reply.subarray(8);
};

/** Numbers of requests in Kafka's protocol. */
const api = { findCoordinator: 10, describeGroups: 15 };
const probeGroup = 'live-orders-probe';

/**
 * Whether this broker knows which broker coordinates consumer groups (in a cluster it may be another one). The first
 * such question makes Kafka create the topic that groups need, once there are brokers enough for its replicas.
 */
export const kafkaFindsGroups = async (port: number): Promise<boolean> => {
  const coordinator = await askKafka(port, api.findCoordinator, 0, text(probeGroup));
  return coordinator?.readInt16BE(0) === 0;
};

/**
 * Whether consumer groups can be joined on this broker. That is the last thing a starting broker becomes able to do:
 * before, it accepts connections already, but answers that the coordinator is not available or still loading. The topic
 * of the groups has one partition (kafka.ts), so what holds for the group of the probe holds for every group.
 */
export const kafkaAnswers = async (port: number): Promise<boolean> => {
  if (!(await kafkaFindsGroups(port))) return false;
  const groups = await askKafka(port, api.describeGroups, 0, Buffer.concat([int32(1), text(probeGroup)]));
  return groups?.readInt16BE(4) === 0;
};
