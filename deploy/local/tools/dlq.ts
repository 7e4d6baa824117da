import { parseArgs } from 'node:util';
import {
  deadLetterHeaders,
  deadLetterTopic,
  replayHeader,
  replaysTopic,
} from '@live-orders/contracts/kafka/dead-letters.ts';
import { settings } from '@live-orders/runtime/process/config.ts';
import { connectKafka, type KafkaMessage } from '@live-orders/runtime/kafka/client.ts';
import { refusalOf } from '@live-orders/runtime/kafka/refusals.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
import { z } from 'zod';
import { readFormerNote, ReplaySender } from './replay-sender.ts';

const help = `npm run dlq [-- replay [--offset 3 …]]

Lists the records that the bridge could not carry, or sends them again to the topics where they were.
  replay     each once, and those of an earlier replay not again
  --offset   only the dead letter with this offset, also if it was replayed before; can be given several times

KAFKA_BROKERS and KAFKA_PREFIX say where.`;

const fail = (line: string): never => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};

const readArguments = () => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { offset: { type: 'string', multiple: true }, help: { type: 'boolean' } },
    });
    const wanted = z
      .array(z.enum(['replay']))
      .max(1)
      .safeParse(positionals);
    const offsets = z.array(z.string().regex(/^\d+$/)).safeParse(values.offset ?? []);
    if (!wanted.success || !offsets.success) return fail(help);
    return { help: values.help, replay: wanted.data.length > 0, offsets: offsets.data };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return fail(`${error.message}\n\n${help}`);
  }
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const wanted = readArguments();
if (wanted.help) {
  say(help);
  process.exit(0);
}

const config = z.object(settings.kafka).parse(process.env);
const { KAFKA_PREFIX: prefix } = config;
const kafka = connectKafka(config, 'dlq', createLog('dlq', 'error'));
const topic = `${prefix}${deadLetterTopic}`;

/** A dead letter, and where it was read; `origin` is null where the headers that the bridge writes are missing. */
const describe = (message: KafkaMessage) => {
  const headers = Object.entries(message.headers ?? {});
  const texts = Object.fromEntries(headers.map(([name, value]) => [name, value?.toString()]));
  const { data: origin = null } = deadLetterHeaders.safeParse(texts);
  const from = origin ? `${origin.dlq_topic}/${origin.dlq_partition}@${origin.dlq_offset}` : 'of unknown origin';
  const text = `${message.offset}  ${from}  ${message.key?.toString() ?? '(no key)'}  ${origin?.dlq_reason ?? ''}`;
  const own = Object.fromEntries(headers.filter(([name]) => !name.startsWith('dlq_')));
  return { ...message, origin, text: text.replaceAll(/\s*\n\s*/g, ' '), own };
};

const letters: ReturnType<typeof describe>[] = [];
await readTopic(
  kafka,
  { topic, groupPrefix: `${prefix}dlq-list.` },
  (message) => letters.push(describe(message)),
  AbortSignal.timeout(60_000),
).catch((error: unknown) => fail(`${topic} cannot be read: ${String(error)}`));

// Each letter is sent in one transaction with a note of what was tried. So a replay that is killed and run again sends no
// letter twice. The note: the offset up to which all letters were tried, and the offsets among them that are left.
const name = `${prefix}dlq-replay`;
const notes = `${prefix}${replaysTopic}`;
const sender = new ReplaySender(kafka, name, notes);

/** Only a replay has to know for certain; a list must not shut out a replay that is under way. */
const readNote = async (): Promise<string | null> => {
  if (wanted.replay) {
    await sender.open();
    return sender.lastNote();
  }
  let note: string | null = null;
  const take = ({ key, value }: KafkaMessage): void => {
    if (key?.toString() === name) note = value?.toString() ?? null;
  };
  await readTopic(kafka, { topic: notes, groupPrefix: `${prefix}dlq-list.` }, take, AbortSignal.timeout(60_000));
  return note;
};

const note = (await readNote()) ?? (await readFormerNote(kafka, name, topic));
const [last = '-1', refused = ''] = note?.split(' ') ?? [];
let tried = BigInt(last);
/** Letters that Kafka refused, or whose origin is unknown: another replay tries them again. */
const left = new Set(refused.split(',').filter(Boolean));

const isNew = ({ offset }: { offset: string }): boolean => BigInt(offset) > tried || left.has(offset);

const send = async ({ offset, key, value, own, origin, text }: (typeof letters)[number]): Promise<boolean> => {
  left.delete(offset);
  if (wanted.offsets.length === 0 && BigInt(offset) > tried) tried = BigInt(offset);
  if (!origin) {
    left.add(offset);
    say(`skipped   ${text}`);
    return false;
  }
  try {
    await sender.open();
    const record = { topic: origin.dlq_topic, key, value, headers: { ...own, [replayHeader]: offset } };
    await sender.send(record, `${tried} ${[...left].join()}`);
  } catch (error) {
    if (!refusalOf(error)) throw error;
    left.add(offset);
    say(`refused   ${text}  (${refusalOf(error)})`);
    return false;
  }
  say(`replayed  ${text}`);
  return true;
};

if (wanted.replay) {
  const chosen = letters.filter((one) =>
    wanted.offsets.length > 0 ? wanted.offsets.includes(one.offset) : isNew(one),
  );
  const unknown = wanted.offsets.filter((offset) => !letters.some((one) => one.offset === offset));
  if (unknown.length > 0) fail(`there is no dead letter with offset ${unknown.join(', ')}`);
  let sent = 0;
  for (const letter of chosen) sent += Number(await send(letter));
  say(`${sent} of ${chosen.length} replayed`);
} else {
  for (const letter of letters) say(`${isNew(letter) ? 'new     ' : 'replayed'}  ${letter.text}`);
  say(`${letters.length} dead letters, ${letters.filter(isNew).length} of them not replayed`);
}
await sender.close();
process.exit(0);
