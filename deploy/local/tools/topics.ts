import { settings } from '@live-orders/runtime/process/config.ts';
import { connectKafka } from '@live-orders/runtime/kafka/client.ts';
import { ensureTopics } from '@live-orders/runtime/kafka/topics.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { z } from 'zod';

/** `npm run topics`: creates the topics on the Kafka that KAFKA_BROKERS names, as the parts do when they start. */
const config = z.object(settings.kafka).parse(process.env);
const topics = await ensureTopics(connectKafka(config, 'topics', createLog('topics', 'warn')), config);
process.stdout.write(`${topics.join('\n')}\n`);
process.exit(0);
