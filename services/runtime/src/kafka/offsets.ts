import type { Admin, Kafka } from 'kafkajs';
import { withAdmin } from './client.ts';

/** Reads offsets of topics and groups, by `topic:partition`. It stays connected between calls. */
export class OffsetReader {
  readonly #kafka: Kafka;
  #admin: Admin | null = null;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** The offset that the next record of each partition will have. */
  ends(topicNames: string[]): Promise<Map<string, number>> {
    return this.#read(topicNames, async (admin, topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high]),
    );
  }

  /** The offset from which a group would go on; 0 where it has not read anything. */
  committed(groupId: string, topicNames: string[]): Promise<Map<string, number>> {
    return this.#read(topicNames, async (admin, topic) => {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return (offsets?.partitions ?? []).map(({ partition, offset }) => [partition, offset]);
    });
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = null;
    await admin?.disconnect();
  }

  async #read(
    topicNames: string[],
    read: (admin: Admin, topic: string) => Promise<[number, string][]>,
  ): Promise<Map<string, number>> {
    try {
      if (!this.#admin) {
        const admin = this.#kafka.admin();
        await admin.connect();
        this.#admin = admin;
      }
      const offsets = new Map<string, number>();
      for (const topic of topicNames) {
        for (const [partition, offset] of await read(this.#admin, topic))
          offsets.set(`${topic}:${partition}`, Math.max(0, Number(offset)));
      }
      return offsets;
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}

/**
 * The text that release 0.1 committed with a group's offset on partition 0 of a topic, where senders kept their notes; null
 * where there is none.
 */
export const readFormerNote = (kafka: Kafka, groupId: string, topic: string): Promise<string | null> =>
  withAdmin(kafka, async (admin) => {
    // Without naming the topic, which a deployment that began later has not.
    const offsets = await admin.fetchOffsets({ groupId });
    const { partitions = [] } = offsets.find((one) => one.topic === topic) ?? {};
    return partitions.find(({ partition }) => partition === 0)?.metadata ?? null;
  });
