import { parseArgs } from 'node:util';
import { StartError } from '../process/start-error.ts';

const options = {
  fresh: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  dev: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export const help = `npm start -- [--fresh] [--quiet] [--dev]

  --fresh  begin anew: deletes the data in .local (downloads stay)
  --quiet  of the parts' logs, only warnings and errors (LOG_LEVEL=debug shows more instead)
  --dev    restart a part when its sources change, and Vite's server for the dashboard (the same as \`npm run dev\`)
  --help   this text

DATABASE_URL, REDIS_HOST and REDIS_PORT, KAFKA_BROKERS: use that server instead of starting one.`;

export interface Flags {
  fresh: boolean;
  quiet: boolean;
  dev: boolean;
  help: boolean;
}

/** The flags of `npm start`; throws a StartError for an unknown one. */
export const parseFlags = (args: string[]): Flags => {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Only Node's first sentence: the second explains how to pass a value that begins with a dash, and no flag takes one.
    const [reason = error.message] = error.message.split('. ');
    throw new StartError(`${reason}: see npm start -- --help`, { cause: error });
  }
};
