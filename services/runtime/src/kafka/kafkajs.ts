import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompressSync } from 'node:zlib';
import kafkajs, { type IHeaders, type Kafka } from 'kafkajs';
import Broker from 'kafkajs/src/broker/index.js';
import Cluster from 'kafkajs/src/cluster/index.js';
import Batch from 'kafkajs/src/consumer/batch.js';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import type { FetchedPartition } from 'kafkajs/src/broker/index.js';
import Encoder from 'kafkajs/src/protocol/encoder.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

// kafkajs knows of zstd, but leaves its codec to whoever uses it. A fetch has small batches of many partitions: to hand each
// to another thread and back took more CPU than to decompress it.
const compress = promisify(zstdCompress);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});

// kafkajs 2.2.4 re-arms a 1 ms timer on every connection although nothing waits (and with negative delays, which
// Node 24 warns of). Without it an idle consumer uses next to no CPU.
const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleIfPending(this: RequestQueue) {
  if (this.pending.length > 0) schedule.call(this);
};

// kafkajs 2.2.4 asks which broker coordinates a transaction before each of its steps, three times a transaction. A
// producer that was told a broker which is not the coordinator any more fails, and its successor asks anew.
const ofTransactions = 1;
const known = new WeakMap<Cluster, Promise<unknown>>();
const find = Cluster.prototype.findGroupCoordinatorMetadata;
Cluster.prototype.findGroupCoordinatorMetadata = function findOnce(this: Cluster, wanted) {
  if (wanted.coordinatorType !== ofTransactions) return find.call(this, wanted);
  const found = known.get(this) ?? find.call(this, wanted);
  known.set(this, found);
  found.catch(() => known.delete(this));
  return found;
};

// By this request a transaction begins, and Kafka refuses it until the end of the transaction before is written, which takes a
// few milliseconds. Only here can it be repeated: of several brokers one may have taken records already when the caller learns
// that another one refuses.
const beginTries = 40;
const isEarly = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS';
const add = Broker.prototype.addPartitionsToTxn;
Broker.prototype.addPartitionsToTxn = async function addOnceEnded(this: Broker, wanted) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await add.call(this, wanted);
    } catch (error) {
      if (!isEarly(error) || tries >= beginTries) throw error;
      await delay(Math.min(2 * tries, 50));
    }
  }
};

// kafkajs 2.2.4 reads the headers of a record into a list, the only one that it reads by this method, and makes an object of
// it by `reduce`, which copies all headers before for each one that it adds: half of the time that reading a record with nine
// headers takes. So the list is the object already, and `reduce` gives it.
Decoder.prototype.readVarIntArray = function readHeaders(this: Decoder, read) {
  const headers: IHeaders = {};
  // So that a header may have the name of a member that every object has.
  Object.setPrototypeOf(headers, null);
  for (let left = this.readVarInt(); left > 0; left -= 1) {
    const { key, value } = read(this);
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
  }
  return { reduce: () => headers };
};

// kafkajs 2.2.4 takes aborted transactions to be listed in the order of their beginnings, and one at most to begin with each
// record. Kafka lists them by their ends, so that records of one may pass for committed where two overlap. Here they become
// control records, which have offsets and are shown to nobody.
const fetch = Broker.prototype.fetch;
const hideAborted = (fetched: FetchedPartition): void => {
  const aborted = fetched.abortedTransactions.toSorted((a, b) => Number(BigInt(a.firstOffset) - BigInt(b.firstOffset)));
  const open = new Set<string>();
  for (const message of fetched.messages) {
    while (aborted[0] && BigInt(aborted[0].firstOffset) <= BigInt(message.offset))
      open.add(aborted.shift()?.producerId ?? '');
    const { producerId, inTransaction } = message.batchContext;
    if (message.isControlRecord) open.delete(producerId);
    else if (inTransaction && open.has(producerId)) message.isControlRecord = true;
  }
  fetched.abortedTransactions = [];
};
Broker.prototype.fetch = async function fetchCommitted(this: Broker, wanted) {
  const answer = await fetch.call(this, wanted);
  for (const { partitions } of answer.responses)
    for (const fetched of partitions) if (fetched.abortedTransactions.length > 0) hideAborted(fetched);
  return answer;
};

// kafkajs 2.2.4 begins each text that it writes, of which a record with nine headers has a dozen, with 512 bytes outside of
// the heap. 64 are within it, and grow. By this function it asks for the size at the beginning, and would when a text grows.
Encoder.nextPowerOfTwo = () => 64;
Encoder.prototype.ensureAvailable = function grow(this: Encoder, length) {
  const needed = this.offset + length;
  if (needed <= this.buf.length) return;
  const grown = Buffer.alloc(Math.max(needed, 2 * this.buf.length));
  this.buf.copy(grown, 0, 0, this.offset);
  this.buf = grown;
};

/**
 * The brokers behind a client, for requests that its producers do not offer. Once connected, it is to be disconnected.
 * kafkajs makes one for each of its producers, by a function that it keeps under a symbol.
 */
export const clusterOf = (kafka: Kafka): Cluster => {
  const [symbol] = Object.getOwnPropertySymbols(kafka).filter(({ description }) =>
    description?.endsWith(':createCluster'),
  );
  const create: unknown = symbol && Reflect.get(kafka, symbol);
  const cluster: unknown =
    typeof create === 'function' && Reflect.apply(create, kafka, [{ allowAutoTopicCreation: false }]);
  if (!(cluster instanceof Cluster)) throw new Error('kafkajs no longer tells of its brokers as release 2.2.4 does');
  return cluster;
};

/**
 * The records of a partition in an answer to a request for what is from `start` on, without those of transactions that were
 * aborted; and the offset after the last, `start` where it had none.
 */
export const readFetched = (topic: string, start: bigint, fetched: FetchedPartition) => ({
  records: new Batch(topic, String(start), fetched).messages,
  next: BigInt(fetched.messages.at(-1)?.offset ?? start - 1n) + 1n,
});

/** kafkajs with these amendments. Import it from here only, so that no client is without them. */
export default kafkajs;
