/** A text of one source file, and what stands there instead while the laboratory runs. */
export interface Mutation {
  file: string;
  find: string;
  replace: string;
}

const relay = 'services/runtime/src/relay.ts';
const bridge = 'services/bridge/src/bridge.ts';

/** Places where a process is killed, without a trace of it in the code that is shipped. */
export const killPoints = {
  'after the commit': {
    file: 'services/runtime/src/outbox.ts',
    find: '    this.wake();\n    return result;',
    replace: '    dieHere();\n    this.wake();\n    return result;',
  },
  'while Kafka takes a batch': {
    file: relay,
    find: '    await sender.send(',
    replace: '    setTimeout(dieHere, 1);\n    await sender.send(',
  },
  'after Kafka’s acknowledgement': {
    file: relay,
    find: '    await client.query(`DELETE FROM',
    replace: '    dieHere();\n    await client.query(`DELETE FROM',
  },
  'after Redis’ acknowledgement': {
    file: bridge,
    find: '      if (!published) return;',
    replace: '      if (!published) return;\n      dieHere();',
  },
} satisfies Record<string, Mutation>;
export type KillPoint = keyof typeof killPoints;

/** Guards, each taken away: the laboratory has to notice. */
export const brokenGuards = {
  'offset committed before Redis acknowledged': {
    file: bridge,
    find: '      const published = await this.#publish(payload, range, publications, signal);\n      if (!published) return;',
    replace: `      resolveOffset(last);
      await commitOffsetsIfNecessary({
        topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset: String(BigInt(last) + 1n) }] }],
      });
      await this.#publish(payload, range, publications, signal);`,
  },
  'gaps are not filled': {
    file: 'gateway/src/subscriber.ts',
    // Kept for those who come back, but not sent.
    find: '      for (const message of missing) this.#hub.publish(message);',
    replace: '      for (const message of missing) this.#hub.remember(message);',
  },
  'versions are not compared': {
    file: 'dashboard/src/lib/order-store.ts',
    find: '    if (known && known.version >= order.version) return false;',
    replace: '',
  },
  'two relays at once': {
    file: relay,
    find: '?.won) return true;',
    replace: ') return true;',
  },
} satisfies Record<string, Mutation>;

/** Circumstances that would take long to come by themselves. */
export const conditions = {
  'tokens live for four seconds': {
    file: 'contracts/src/users.ts',
    find: 'accessTokenSeconds = 15 * 60;',
    replace: 'accessTokenSeconds = 4;',
  },
} satisfies Record<string, Mutation>;

export const mutations: Readonly<Record<string, Mutation | undefined>> = {
  ...killPoints,
  ...brokenGuards,
  ...conditions,
};
