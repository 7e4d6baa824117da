import type { Admin, Kafka } from 'kafkajs';
import type { Log } from '../process/log.ts';
import kafkajs from './kafkajs.ts';

export type { IHeaders, Kafka, KafkaMessage } from 'kafkajs';

export interface KafkaSettings {
  KAFKA_BROKERS: string[];
  KAFKA_PREFIX: string;
  KAFKA_PARTITIONS: number;
  KAFKA_REPLICATION: number;
}

const levels = { 0: 'silent', 1: 'error', 2: 'warn', 4: 'debug', 5: 'trace' } as const;

/** A client whose own log goes to ours; its information level is our debug. */
export const connectKafka = ({ KAFKA_BROKERS }: KafkaSettings, clientId: string, log: Log): Kafka =>
  new kafkajs.Kafka({
    clientId,
    brokers: KAFKA_BROKERS,
    connectionTimeout: 3_000,
    // Short, so that a dead connection is noticed; but longer than the 6 s after which Kafka replaces a group's dead
    // leader, because until then the other members of the group get no answer.
    requestTimeout: 7_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
    logLevel: kafkajs.logLevel.WARN,
    // Failures of connections and producers are tried again, or reach our code as an error, which logs it once.
    logCreator:
      () =>
      ({ namespace, level, log: { message, error, broker } }) =>
        log[/Connection|Producer|BrokerPool/.test(namespace) ? 'debug' : levels[level]](
          { error, broker },
          `kafka: ${message}`,
        ),
  });

/** Does `work` with an administrative connection, which is closed afterwards. */
export const withAdmin = async <T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};
