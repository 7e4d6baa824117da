import { aggregates, topics } from '@live-orders/contracts/events.ts';
import type { Lag } from '@live-orders/contracts/health.ts';
import { pause } from '@live-orders/runtime/backoff.ts';
import { type Kafka, type KafkaSettings, OffsetReader } from '@live-orders/runtime/kafka.ts';
import type { Log } from '@live-orders/runtime/log.ts';
import { serveGauges } from '@live-orders/runtime/metrics.ts';
import type { Part } from '@live-orders/runtime/run.ts';
import type { Registry } from 'prom-client';

const everyMs = 1_000;
/** An older measurement says nothing: Kafka may be gone without a word. */
const validMs = 3_000;

type Offsets = Map<string, number>;

const help = {
  bridge_lag_records: 'Records of the topics that no bridge has carried yet',
  bridge_lag_behind_ms: 'How long there have been records that were not carried yet',
};

/** Measures every second how far all bridges together are behind Kafka: what their group has committed, and the ends. */
export class LagMeter implements Part {
  readonly name = 'lag';
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  readonly #log: Log;
  #measured: { at: number; lag: Lag } | null = null;
  /** The ends at a moment; as long as they are not reached, the bridges are behind since then. */
  #mark: { at: number; ends: Offsets } | null = null;

  constructor(kafka: Kafka, settings: KafkaSettings, metrics: Registry, log: Log) {
    this.#kafka = kafka;
    this.#settings = settings;
    this.#log = log;
    serveGauges(
      metrics,
      help,
      async () => this.value && { bridge_lag_records: this.value.records, bridge_lag_behind_ms: this.value.behind_ms },
    );
  }

  /** null as long as Kafka does not tell. */
  get value(): Lag | null {
    return this.#measured && performance.now() - this.#measured.at < validMs ? this.#measured.lag : null;
  }

  async run(signal: AbortSignal): Promise<void> {
    const prefix = this.#settings.KAFKA_PREFIX;
    const names = aggregates.map((aggregate) => `${prefix}${topics[aggregate]}`);
    const reader = new OffsetReader(this.#kafka);
    while (!signal.aborted) {
      try {
        // Committed offsets first: then they cannot be beyond the ends.
        const committed = await reader.committed(`${prefix}bridge`, names);
        const lag = this.#compare(committed, await reader.ends(names));
        this.#measured = { at: performance.now(), lag };
      } catch (error) {
        this.#measured = null;
        this.#log.debug({ err: error }, 'kafka does not tell how far behind we are');
      }
      await pause(everyMs, signal);
    }
    await reader.close();
  }

  #compare(committed: Offsets, ends: Offsets): Lag {
    const now = Date.now();
    const waiting = ([name, end]: [string, number]): number => Math.max(0, end - (committed.get(name) ?? 0));
    const reached = !this.#mark || [...this.#mark.ends].every((one) => waiting(one) === 0);
    if (!this.#mark || reached) this.#mark = { at: now, ends };
    const records = [...ends].reduce((sum, one) => sum + waiting(one), 0);
    return { records, behind_ms: now - this.#mark.at };
  }
}
