/** An order as the database holds it; `settled` when none of its events waits in the outbox or was refused by Kafka. */
export interface StoredOrder {
  id: string;
  version: number;
  settled: boolean;
}

/** Where Kafka holds an event: `topic:partition`, and the offset there. */
export interface Place {
  partition: string;
  offset: number;
}

/** The versions that Kafka holds of each order, and where. */
export type KafkaVersions = Map<string, Map<number, Place>>;

/** What the log in Redis holds, oldest first, and the last offset of each partition that the bridge had carried before. */
export interface RedisLog {
  entries: { id: string; version: number }[];
  carried: Map<string, number>;
}

export interface Findings {
  /** Orders whose latest version Kafka never got. */
  missingInKafka: string[];
  /** Orders whose latest event was carried from Kafka, but is not in the log; null when the log is unknown. */
  missingInRedis: string[] | null;
  /** Versions that are missing between others, in Kafka or in the log. */
  gaps: number;
  /** Orders of which Kafka or Redis has a higher version than the database had, and that version. */
  ahead: Map<string, number>;
}

const nameOf = (id: string, version: number): string => `${id}@${version}`;

/**
 * Compares what the three hold of the same stretch of time. The database has to be read first, then Kafka to its end,
 * then what the bridge has carried, and the log last: then an event that is still under way is not taken for missing.
 */
export const compare = (stored: StoredOrder[], kafka: KafkaVersions, redis: RedisLog | null): Findings => {
  const missingInKafka = stored
    .filter(({ id, version, settled }) => settled && latest(kafka.get(id)) < version)
    .map(({ id }) => id);
  const inRedis = redis && compareLog(kafka, redis);
  const gaps = [...kafka.values()].reduce((sum, versions) => sum + gapsOf(versions), 0) + (inRedis?.gaps ?? 0);
  const versions = new Map(stored.map(({ id, version }) => [id, version]));
  const ahead = new Map<string, number>();
  const seen = [...kafka].map(([id, all]) => ({ id, version: latest(all) }));
  for (const { id, version } of [...seen, ...(redis?.entries ?? [])]) {
    if (version > Math.max(versions.get(id) ?? 0, ahead.get(id) ?? 0)) ahead.set(id, version);
  }
  return { missingInKafka, missingInRedis: inRedis ? inRedis.missing : null, gaps, ahead };
};

const latest = (versions: Map<number, Place> | undefined): number => Math.max(0, ...(versions?.keys() ?? []));

const gapsOf = (versions: Map<number, Place>): number =>
  latest(versions) - Math.min(...versions.keys()) + 1 - versions.size;

/**
 * Redis trims the oldest entries of the log. Of each partition, every event from the first that the log still has up to
 * the last that the bridge has carried must be there.
 */
const compareLog = (kafka: KafkaVersions, { entries, carried }: RedisLog): { missing: string[]; gaps: number } => {
  const present = new Set(entries.map(({ id, version }) => nameOf(id, version)));
  const latestInLog = new Map<string, number>();
  const begins = new Map<string, number>();
  for (const { id, version } of entries) {
    latestInLog.set(id, Math.max(version, latestInLog.get(id) ?? 0));
    const place = kafka.get(id)?.get(version);
    if (place && !begins.has(place.partition)) begins.set(place.partition, place.offset);
  }
  const missing = new Set<string>();
  let gaps = 0;
  for (const [id, versions] of kafka) {
    for (const [version, { partition, offset }] of versions) {
      const within = offset >= (begins.get(partition) ?? Infinity) && offset <= (carried.get(partition) ?? -1);
      if (!within || present.has(nameOf(id, version))) continue;
      if ((latestInLog.get(id) ?? 0) > version) gaps += 1;
      else missing.add(id);
    }
  }
  return { missing: [...missing], gaps };
};
