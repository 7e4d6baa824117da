import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Kafka } from '@live-orders/runtime/kafka/client.ts';
import { OffsetReader } from '@live-orders/runtime/kafka/offsets.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Publisher } from './publisher.ts';

const everyMs = 2_000;

/**
 * Begins a new epoch where the log in Redis cannot go on, within seconds and not with the next event, so that dashboards
 * resync at once: Redis came back empty or with older data, or Kafka's own log was made anew.
 */
export class EpochKeeper implements Task {
  readonly name = 'epoch keeper';
  readonly #publisher: Publisher;
  readonly #offsets: OffsetReader;
  readonly #topics: string[];
  readonly #log: Log;

  constructor(plan: { publisher: Publisher; kafka: Kafka; topics: string[]; log: Log }) {
    this.#publisher = plan.publisher;
    this.#offsets = new OffsetReader(plan.kafka);
    this.#topics = plan.topics;
    this.#log = plan.log;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(everyMs, signal);
      try {
        await this.look();
      } catch (error) {
        this.#log.debug({ err: error }, 'redis or kafka is not reachable; the next look follows');
      }
    }
    await this.#offsets.close();
  }

  /**
   * Where Kafka's log was made anew, the offsets that Redis remembers lie beyond its end, and everything would be skipped.
   * They are read before the ends, so that another bridge at work meanwhile cannot look like that.
   */
  async look(): Promise<void> {
    await this.#publisher.begin();
    const remembered = await this.#publisher.remembered();
    const ends = await this.#offsets.ends(this.#topics);
    const anew = [...remembered].some(([partition, last]) => last >= (ends.get(partition) ?? 0));
    if (!anew) return;
    this.#log.warn('kafka has fewer records than were published from it: a new epoch begins');
    await this.#publisher.beginAnew();
  }
}
