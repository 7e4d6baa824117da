import { createPartLog } from '../parts/part-log.ts';
import { help, parseFlags, type Flags } from './flags.ts';
import { startData } from '../places.ts';
import { removeData } from '../servers/postgres-home.ts';
import { serverTitles } from '../servers/stack.ts';
import { makePlan, servers, type Plan } from './plan.ts';
import { preflight } from './preflight.ts';
import { duration, Progress } from './progress.ts';
import { StartError } from '../process/start-error.ts';
import { System } from './system.ts';

/** Milliseconds within which several signals are one Ctrl-C: the terminal sends it, npm and bootstrap.mjs pass it on. */
const echoMs = 1_000;

const table = ({ ports }: Plan): string => {
  const operations = [
    `gateway http://localhost:${ports.gateway.opsPort}`,
    `orders http://localhost:${ports.orders.opsPort}`,
    `users http://localhost:${ports.users.opsPort}`,
    `bridge http://localhost:${ports.bridge.port}`,
  ];
  return `
  Dashboard   http://localhost:${ports.dashboard.port}
  Gateway     ${ports.gateway.https ? 'https' : 'http'}://localhost:${ports.gateway.port}
  Orders      http://localhost:${ports.orders.port}/api
  Users       http://localhost:${ports.users.port}/api

  Health and metrics: ${operations.join(', ')}

  Log in as   admin@example.com, staff@example.com or customer@example.com, password password123
  Make life   npm run traffic, in another terminal
  Stop        Ctrl-C
`;
};

/** Calls `first` when this process is asked to stop, by whatever signal, and `again` each time that it is asked later. */
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
  // The terminal or the pipe that we write to may go before we do. Then nobody sees this run any more, and it stops.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop);
};

const failure = (error: unknown): string =>
  error instanceof StartError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);

const begin = async (flags: Flags, plan: Plan, progress: Progress, signal: AbortSignal): Promise<void> => {
  await preflight(plan, signal);
  if (flags.fresh) removeData(startData);
  for (const name of plan.external) {
    const set = servers[name].variables.filter((variable) => process.env[variable]);
    progress.line(`  ${serverTitles[name]} is yours, by ${set.join(' and ')}`);
  }
};

/** Stops what was started, and says how long that took; says nothing where nothing was started. */
const stopAll = async (system: System, progress: Progress): Promise<void> => {
  if (!system.hasStarted) return;
  const began = Date.now();
  const killed = await system.stop();
  if (killed.length > 0) progress.warn(`did not stop in time and was killed: ${killed.join(', ')}`);
  progress.line(`  stopped in ${duration(Date.now() - began)}`);
};

const run = async (flags: Flags): Promise<number> => {
  const progress = new Progress(process.stdout);
  const format = createPartLog(process.stdout, flags.quiet, ['debug', 'trace'].includes(process.env.LOG_LEVEL ?? ''));
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
    progress.line(`  ready in ${duration(Date.now() - Number(process.env.BOOTSTRAP_BEGAN ?? performance.timeOrigin))}`);
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
