import { createPartLog } from '../parts/part-log.ts';
import { help, parseFlags, type Flags } from './flags.ts';
import { startData } from '../places.ts';
import { removeData } from '../servers/postgres-home.ts';
import { makePlan, servers, type Plan } from './plan.ts';
import { preflight } from './preflight.ts';
import { duration, Progress } from './progress.ts';
import { StartError } from '../process/start-error.ts';
import { System } from './system.ts';

/** One Ctrl-C can arrive several times: from the terminal, from npm and from the bootstrap, which pass it on. */
const echoMs = 1_000;

const table = ({ ports }: Plan): string => `
  Dashboard   http://localhost:${ports.dashboard}
  Gateway     http://localhost:${ports.gateway}
  Orders      http://localhost:${ports.orders}/api
  Users       http://localhost:${ports.users}/api
  Bridge      http://localhost:${ports.bridge}

  Log in as   admin@example.com, staff@example.com or customer@example.com, password password123
  Make life   npm run traffic, in another terminal
  Stop        Ctrl-C
`;

/** Calls `first` at the first wish to stop, whoever has it, and `again` at a later one. */
const onStop = (first: () => void, again: () => void): void => {
  let since = 0;
  const stop = (): void => {
    if (since === 0) {
      since = Date.now();
      first();
    } else if (Date.now() - since > echoMs) {
      again();
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  process.on('disconnect', stop);
  // The terminal or the pipe that we write to may be gone before we are: there is nobody left to tell.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop);
};

const failure = (error: unknown): string =>
  error instanceof StartError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);

const begin = async (flags: Flags, plan: Plan, progress: Progress, signal: AbortSignal): Promise<void> => {
  await preflight(plan, signal);
  if (flags.fresh) removeData(startData);
  for (const name of plan.external) {
    const { title, variables } = servers[name];
    const set = variables.filter((variable) => process.env[variable]);
    progress.line(`  ${title} is yours, by ${set.join(' and ')}`);
  }
};

/** Stops what was started, and says so where there was something. */
const stopAll = async (system: System, progress: Progress): Promise<void> => {
  if (!system.hasStarted) return;
  const began = Date.now();
  const killed = await system.stop();
  if (killed.length > 0) progress.warn(`did not stop in time and was killed: ${killed.join(', ')}`);
  progress.line(`  stopped in ${duration(Date.now() - began)}`);
};

const run = async (flags: Flags): Promise<number> => {
  const progress = new Progress(process.stdout);
  const format = createPartLog(process.stdout, flags.quiet);
  const plan = makePlan(process.env);
  const system = new System({
    plan,
    dev: flags.dev,
    progress,
    onLine: (name, line, from) => {
      const text = format(name, line, from);
      if (text !== null) progress.line(text);
    },
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopFirst = (): void => {
    progress.line('  stopping (Ctrl-C again kills)');
    stopping.abort();
  };
  onStop(stopFirst, () => void system.kill().finally(() => process.exit(1)));
  let code = 0;
  try {
    await begin(flags, plan, progress, signal);
    await system.start(signal);
    progress.line(table(plan));
    progress.line(`  ready in ${duration(process.uptime() * 1000)}`);
    await system.keep(signal);
  } catch (error) {
    if (!signal.aborted) {
      progress.fail(failure(error));
      stopping.abort();
      code = 1;
    }
  }
  await stopAll(system, progress);
  return code;
};

const main = async (): Promise<number> => {
  try {
    const flags = parseFlags(process.argv.slice(2));
    if (!flags.help) return await run(flags);
    process.stdout.write(`${help}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`✗ ${failure(error)}\n`);
    return 1;
  }
};

process.exit(await main());
