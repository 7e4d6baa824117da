import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Measured, report } from '../support/figures.ts';
import { memoryOfChildren } from '../support/children.ts';
import { isShort } from '../support/short.ts';

/**
 * How long `npm start` takes until it says that it is ready, when it has been started before, and how much memory everything
 * that it starts has after 10 s in which nothing happens. It is this checkout's own start, on its own ports and data, so
 * none may be running.
 */
const rounds = isShort ? 1 : 3;
const root = join(import.meta.dirname, '..', '..');

interface Start {
  seconds: number;
  /** By part and server. */
  bytes: Map<string, number>;
}

const start = async (): Promise<Start> => {
  const began = performance.now();
  const command = [join(root, 'deploy/local/bootstrap.mjs'), 'deploy/local/start/start.ts', '--quiet'];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let output = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (/^ {2}ready in /m.test(output)) resolve();
    });
  });
  const early = exited.then(() => Promise.reject(new Error(`npm start ended before it was ready:\n${output}`)));
  await Promise.race([ready, early]);
  const seconds = (performance.now() - began) / 1_000;
  await delay(10_000);
  const bytes = memoryOfChildren();
  early.catch(() => undefined);
  child.kill('SIGINT');
  await exited;
  return { seconds, bytes };
};

await start();
const starts: Start[] = [];
for (let round = 0; round < rounds; round += 1) starts.push(await start());
const names = new Set(starts.flatMap(({ bytes }) => [...bytes.keys()]));
const mib = (bytes: number): number => bytes / 1024 / 1024;
const total = ({ bytes }: Start): number => [...bytes.values()].reduce((sum, of) => sum + of, 0);
const memory = (name: string, of: (one: Start) => number): Measured => ({
  ...{ name: `memory, idle: ${name}`, unit: 'MB', better: 'less', values: starts.map((one) => mib(of(one))) },
});
await report('start', [
  { name: 'npm start, once more', unit: 's', better: 'less', values: starts.map(({ seconds }) => seconds) },
  memory('all', total),
  ...[...names].map((name) => memory(name, ({ bytes }) => bytes.get(name) ?? 0)),
]);
