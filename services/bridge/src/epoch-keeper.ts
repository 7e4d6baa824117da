import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Kafka } from '@live-orders/runtime/kafka/client.ts';
import { OffsetReader } from '@live-orders/runtime/kafka/offsets.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Publisher } from './publisher.ts';

const everyMs = 2_000;

/**
 * Begins a new epoch where the log in Redis cannot be continued: Redis came back empty or with older data, or Kafka's
 * topics were created anew. The next publication would find that out as well, but on a quiet day only hours later;
 * dashboards have to read the snapshot again within seconds.
 */
export class EpochKeeper implements Task {
  readonly name = 'epoch keeper';
  readonly #publisher: Publisher;
  readonly #offsets: OffsetReader;
  readonly #topics: string[];
  readonly #log: Log;

  constructor(options: { publisher: Publisher; kafka: Kafka; topics: string[]; log: Log }) {
    this.#publisher = options.publisher;
    this.#offsets = new OffsetReader(options.kafka);
    this.#topics = options.topics;
    this.#log = options.log;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(everyMs, signal);
      try {
        await this.compare();
      } catch (error) {
        this.#log.debug({ err: error }, 'comparing redis with kafka failed; it is tried again in a moment');
      }
    }
    await this.#offsets.close();
  }

  /**
   * Compares Redis with what this bridge was acknowledged, and with Kafka. Where a topic was created anew, the offsets
   * that Redis remembers lie beyond its end, and every record up to them would be skipped as already published. They are
   * read before the ends: the other way round, a bridge that publishes in between would look like that.
   */
  async compare(): Promise<void> {
    await this.#publisher.begin();
    const remembered = await this.#publisher.remembered();
    const ends = await this.#offsets.ends(this.#topics);
    const anew = [...remembered].some(([partition, last]) => last >= (ends.get(partition) ?? 0));
    if (!anew) return;
    this.#log.warn('kafka has fewer records than were published from it: a new epoch begins');
    await this.#publisher.beginAnew();
  }
}
