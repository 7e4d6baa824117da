import type { BridgeHealth } from '@live-orders/contracts/rest/health.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Kafka, KafkaSettings } from '@live-orders/runtime/kafka/client.ts';
import { OffsetReader } from '@live-orders/runtime/kafka/offsets.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { registerGauges } from '@live-orders/runtime/process/metrics.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Registry } from 'prom-client';
import { topicsOf } from './bridge.ts';

const everyMs = 500;
/**
 * Marks that wait to be reached at most: those of ten minutes in which nothing is carried. While they are full, no new
 * ones are taken: the delay that is told goes on growing all the same, and falls in a larger step afterwards.
 */
const mostMarks = 1_200;

type Offsets = Map<string, number>;

/** Where the topics ended at a moment (`at`, in ms): once the group has come so far, all records of before `at` are carried. */
interface Mark {
  at: number;
  ends: Offsets;
}

const help = {
  bridge_lag_records: 'Records of the topics that no bridge has carried yet',
  bridge_lag_behind_ms: 'All records that came to Kafka longer ago than this are carried',
};

/**
 * Measures twice a second how far all bridges together are behind Kafka, by comparing what their group has committed with
 * the ends of the topics.
 */
export class LagMeter implements Task {
  readonly name = 'lag';
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  readonly #log: Log;
  #records: number | null = null;
  /** Every record that was on Kafka at this time (ms) is carried; null as long as no mark was reached. */
  #carriedUntil: number | null = null;
  /** The marks that are not reached yet, the oldest first. */
  #marks: Mark[] = [];

  constructor(kafka: Kafka, settings: KafkaSettings, metrics: Registry, log: Log) {
    this.#kafka = kafka;
    this.#settings = settings;
    this.#log = log;
    registerGauges(
      metrics,
      help,
      async () =>
        this.value && { bridge_lag_records: this.value.records, bridge_lag_behind_ms: this.value.behind_ms ?? NaN },
    );
  }

  /** Null while Kafka does not answer. */
  get value(): BridgeHealth['lag'] {
    if (this.#records === null) return null;
    const behind_ms = this.#carriedUntil === null ? null : Math.round(performance.now() - this.#carriedUntil);
    return { records: this.#records, behind_ms };
  }

  async run(signal: AbortSignal): Promise<void> {
    const prefix = this.#settings.KAFKA_PREFIX;
    const names = topicsOf(prefix);
    const reader = new OffsetReader(this.#kafka);
    while (!signal.aborted) {
      try {
        // The committed offsets are read first, so that they cannot be beyond the ends.
        const committed = await reader.committed(`${prefix}bridge`, names);
        const at = performance.now();
        this.#compare(committed, { at, ends: await reader.ends(names) });
      } catch (error) {
        this.#records = null;
        this.#log.debug({ err: error }, 'reading the offsets of the topics and of the group failed');
      }
      await pause(everyMs, signal);
    }
    await reader.close();
  }

  #compare(committed: Offsets, mark: Mark): void {
    const waiting = ([name, end]: [string, number]): number => Math.max(0, end - (committed.get(name) ?? 0));
    this.#records = [...mark.ends].reduce((sum, one) => sum + waiting(one), 0);
    if (this.#marks.length < mostMarks) this.#marks.push(mark);
    const open = this.#marks.findIndex(({ ends }) => [...ends].some((one) => waiting(one) > 0));
    const reached = this.#marks.splice(0, open === -1 ? this.#marks.length : open);
    this.#carriedUntil = reached.at(-1)?.at ?? this.#carriedUntil;
  }
}
