import type { Admin, Kafka } from 'kafkajs';

interface OffsetsOfTopic {
  topic: string;
  partitions: { partition: number; offset: string }[];
}

/** Reads offsets of topics and groups, by `topic:partition`. It stays connected between calls. */
export class OffsetReader {
  readonly #kafka: Kafka;
  #admin: Admin | null = null;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** The offset that the next record of each partition will have. */
  ends(topicNames: string[]): Promise<Map<string, number>> {
    return this.#read((admin) =>
      Promise.all(
        topicNames.map(async (topic) => ({
          topic,
          partitions: (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
            partition,
            offset: high,
          })),
        })),
      ),
    );
  }

  /** The offset from which a group would go on; 0 where it has not read anything. */
  committed(groupId: string, topicNames: string[]): Promise<Map<string, number>> {
    return this.#read((admin) => admin.fetchOffsets({ groupId, topics: topicNames }));
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = null;
    await admin?.disconnect();
  }

  /**
   * Topics are asked for at once: kafkajs refreshes an administrative client's metadata with each question, and once for
   * those that come together.
   */
  async #read(read: (admin: Admin) => Promise<OffsetsOfTopic[]>): Promise<Map<string, number>> {
    try {
      if (!this.#admin) {
        const admin = this.#kafka.admin();
        await admin.connect();
        this.#admin = admin;
      }
      const offsets = new Map<string, number>();
      for (const { topic, partitions } of await read(this.#admin)) {
        for (const { partition, offset } of partitions)
          offsets.set(`${topic}:${partition}`, Math.max(0, Number(offset)));
      }
      return offsets;
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}
