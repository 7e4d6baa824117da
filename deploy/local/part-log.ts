import { styleText } from 'node:util';
import { prettyFactory } from 'pino-pretty';
import type { Output } from './leash.ts';
import { partNames, type PartName } from './parts.ts';

const warning = 40;
const width = Math.max(...partNames.map((name) => name.length));
const colours = { users: 'magenta', orders: 'cyan', bridge: 'yellow', gateway: 'green', dashboard: 'blue' } as const;

/** The level of a pino line (30 is info), or null when the line is something else. */
export const logLevel = (line: string): number | null => {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    const isRecord = typeof value === 'object' && value !== null && 'level' in value;
    return isRecord && typeof value.level === 'number' ? value.level : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/**
 * Makes one readable line, prefixed with the part's name, of each line that a part writes. `quiet` leaves out what is
 * less than a warning; what a part writes to stderr besides its log always counts as one.
 */
export const createPartLog = (
  out: NodeJS.WriteStream,
  quiet: boolean,
): ((name: PartName, line: string, from: Output) => string | null) => {
  const colourful = styleText('red', '.', { stream: out }) !== '.';
  const pretty = prettyFactory({
    colorize: colourful,
    singleLine: true,
    ignore: 'pid,hostname,name',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return (name, line, from) => {
    const level = logLevel(line);
    if (quiet && (level === null ? from === 'stdout' : level < warning)) return null;
    const prefix = styleText(colours[name], `${name.padEnd(width)} │`, { stream: out });
    const text = level === null ? line : pretty(line).trimEnd();
    return text
      .split('\n')
      .map((row) => `${prefix} ${row}`)
      .join('\n');
  };
};
