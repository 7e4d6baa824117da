/** A text of one source file, and what stands there instead while the laboratory runs. */
export interface Edit {
  file: string;
  find: string;
  replace: string;
}

const relay = 'services/runtime/src/outbox/relay.ts';
const fencedProducer = 'services/runtime/src/kafka/fenced-producer.ts';
const bridge = 'services/bridge/src/bridge.ts';

/** What a process says each time that it loses a message on purpose. */
export const lossMark = 'laboratory: this message is lost';

/** Places where a process is killed, without a trace of it in the code that is shipped. */
export const killPoints = {
  'after the commit': [
    {
      file: 'services/runtime/src/outbox/outbox.ts',
      find: '    this.wake();\n    return result;',
      replace: '    dieHere();\n    this.wake();\n    return result;',
    },
  ],
  'while Kafka takes a batch': [
    {
      file: relay,
      find: '      await producer.send(records);',
      replace: '      setTimeout(dieHere, 1);\n      await producer.send(records);',
    },
  ],
  'with a part of a batch in Kafka': [
    {
      file: fencedProducer,
      find: '    await Promise.all([...byLeader].map(([leader, parts]) => produce(leader, parts)));',
      replace: `    for (const [leader, parts] of byLeader)
      for (const part of parts) {
        await produce(leader, [part]);
        if (byPartition.size > 1) dieHere();
      }`,
    },
  ],
  'after Kafka’s acknowledgement': [
    {
      file: relay,
      find: "    await client.query({\n      name: 'delete from the outbox',",
      replace: "    dieHere();\n    await client.query({\n      name: 'delete from the outbox',",
    },
  ],
  'in the middle of a batch': [
    { file: bridge, find: 'const chunkMessages = 500;', replace: 'const chunkMessages = 1;' },
    {
      file: bridge,
      find: '      if (!isRunning() || isStale() || signal.aborted) return;\n      const chunk',
      replace:
        '      if (start > 0) dieHere();\n      if (!isRunning() || isStale() || signal.aborted) return;\n      const chunk',
    },
  ],
  // A batch of products would leave no trace at a dashboard.
  'before Redis is asked': [
    {
      file: bridge,
      find: '      const published = await this.#publish(\n',
      replace: "      if (topic === 'orders.v1') dieHere();\n      const published = await this.#publish(\n",
    },
  ],
  'after Redis’ acknowledgement': [
    {
      file: bridge,
      find: '      if (!published) return;',
      replace: '      if (!published) return;\n      dieHere();',
    },
  ],
} satisfies Record<string, Edit[]>;
export type KillPoint = keyof typeof killPoints;

/** Guards of the system, each taken away, which the laboratory must notice. */
export const brokenGuards = {
  'offsets are committed before Redis acknowledges': [
    {
      file: bridge,
      find: '      const published = await this.#publish(\n',
      // Resolved after the commit only, which fails while the group is joined anew: then the batch has to be read again.
      replace: `      await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(BigInt(last) + 1n) }] }] });
      resolveOffset(lastMessage);
      const published = await this.#publish(\n`,
    },
    // Without this edit the script would notice the gap in the offsets and begin a new epoch.
    {
      file: 'services/bridge/src/publisher.ts',
      find: "'publish.lua'), 'utf8');",
      replace: "'publish.lua'), 'utf8').replace('or (known and first > high + 1)', '');",
    },
  ],
  'gaps are not filled': [
    {
      file: 'gateway/src/stream/subscriber.ts',
      // Kept for clients that reconnect, but not sent to those that are connected.
      find: '      for (const message of missing) this.#hub.publish(message);',
      replace: '      for (const message of missing) this.#hub.remember(message);',
    },
  ],
  'versions are not compared': [
    {
      file: 'dashboard/src/lib/live/order-store.ts',
      find: '    if (known && known.version >= order.version) return false;',
      replace: '',
    },
  ],
  // Each guard alone makes up for the loss of the other.
  'two relays at once, and none is fenced': [
    { file: 'services/runtime/src/outbox/leadership.ts', find: 'if (answer?.won) {', replace: 'if (answer) {' },
    {
      file: fencedProducer,
      find: 'const transactionalId = this.#name;',
      replace: 'const transactionalId = this.#name + process.pid;',
    },
  ],
} satisfies Record<string, Edit[]>;
export type BrokenGuard = keyof typeof brokenGuards;

/** Conditions that would be rare or slow to come by themselves. */
const conditions = {
  // Whether a connection that is lost for a moment loses a message is a matter of luck.
  'Pub/Sub loses every third message about an order': [
    {
      file: 'gateway/src/stream/subscriber.ts',
      find: '    if (!message || !this.begun) return;',
      replace: "    if (!message || !this.begun || (message.event.startsWith('order_') && loseHere())) return;",
    },
  ],
  'tokens live for four seconds': [
    { file: 'contracts/src/rest/users.ts', find: 'accessTokenSeconds = 5 * 60;', replace: 'accessTokenSeconds = 4;' },
  ],
  'tokens live for eight seconds': [
    { file: 'contracts/src/rest/users.ts', find: 'accessTokenSeconds = 5 * 60;', replace: 'accessTokenSeconds = 8;' },
  ],
  'clients are warned early of the end of their tokens': [
    { file: 'gateway/src/connections/lease.ts', find: 'noticeShare = 0.2;', replace: 'noticeShare = 0.8;' },
  ],
} satisfies Record<string, Edit[]>;

const all = { ...killPoints, ...brokenGuards, ...conditions };
export type Mutation = keyof typeof all;
export const mutations: Readonly<Record<string, Edit[] | undefined>> = all;
