import { styleText } from 'node:util';
import { prettyFactory } from 'pino-pretty';
import type { Output } from '../process/tied-process.ts';
import { partNames, type PartName } from './parts.ts';

type Entry = Record<string, unknown>;

const levels = { info: 30, warning: 40, error: 50 };
const width = Math.max(...partNames.map((name) => name.length));
const colours = { users: 'magenta', orders: 'cyan', bridge: 'yellow', gateway: 'green', dashboard: 'blue' } as const;

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entry that a line of pino's log holds, and its level; null for a line of any other kind. */
const parse = (line: string): { entry: Entry; level: number } | null => {
  if (!line.startsWith('{')) return null;
  try {
    const entry: unknown = JSON.parse(line);
    return isEntry(entry) && typeof entry.level === 'number' ? { entry, level: entry.level } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/** Keeps the stack of an error; of a warning, after which the part tries again, only the error's message, on one line. */
const shorten = ({ entry, level }: { entry: Entry; level: number }): Entry => {
  const { err, ...rest } = entry;
  if (!isEntry(err)) return entry;
  const { type, message, stack } = err;
  return level < levels.error ? { ...rest, cause: message } : { ...rest, err: { type, message, stack } };
};

/**
 * Returns a function that turns a line which a part has written into readable text, each line of it with the part's name
 * in front. Unless `verbose`, it returns null for the line of each request. Where `quiet`, it returns null for what is less than a warning; a line on stderr that is no log entry counts
 * as one.
 */
export const createPartLog = (
  out: NodeJS.WriteStream,
  quiet: boolean,
  verbose = false,
): ((name: PartName, line: string, from: Output) => string | null) => {
  const pretty = prettyFactory({
    colorize: styleText('red', '.', { stream: out }) !== '.',
    singleLine: true,
    ignore: 'pid,hostname,name',
    errorLikeObjectKeys: ['err'],
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return (name, line, from) => {
    const parsed = parse(line);
    // A person who looks on would find nothing else among the lines of so many requests.
    if (!verbose && parsed?.level === levels.info && parsed.entry.msg === 'request') return null;
    if (quiet && (parsed === null ? from === 'stdout' : parsed.level < levels.warning)) return null;
    const prefix = styleText(colours[name], `${name.padEnd(width)} │`, { stream: out });
    const text = parsed === null ? line : pretty(shorten(parsed)).trimEnd();
    return text
      .split('\n')
      .map((row) => `${prefix} ${row}`)
      .join('\n');
  };
};
