/*
 * Tries docker-compose.yml and docker-compose.prod.yml for real: `npm run test:compose`. It needs Docker (engine 25 or
 * newer) with the compose plugin, builds the images, and takes everything down again, also after a failure or Ctrl-C.
 */
import { constants } from 'node:os';
import { Checks, indent, StepFailed } from './compose/checks.ts';
import { developmentSettings, tryDevelopment } from './compose/development.ts';
import { dockerMissing, nameTaken, Stack } from './compose/docker.ts';
import { productionSettings, tryProduction } from './compose/production.ts';

type Scenario = (checks: Checks, stack: Stack, settings: Record<string, string>) => Promise<void>;

const checks = new Checks(process.stdout);
const stop = new AbortController();
let signalled: NodeJS.Signals | null = null;

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (signalled) return;
    signalled = name;
    checks.line('stopping, the stack is taken down first');
    stop.abort(new Error('stopped'));
  });
}

const reported = (error: unknown): void => {
  if (!(error instanceof StepFailed)) throw error;
};

const play = async (
  file: string,
  name: string,
  settings: Record<string, string>,
  scenario: Scenario,
): Promise<void> => {
  const stack = await Stack.prepare(file, name, settings, stop.signal);
  try {
    await scenario(checks, stack, settings);
  } catch (error) {
    if (!stop.signal.aborted) checks.line(indent(await stack.logs()));
    reported(error);
  } finally {
    await checks.step(`${file} taken down, nothing left`, () => stack.remove()).catch(reported);
  }
};

const main = async (): Promise<number> => {
  const obstacle = (await dockerMissing()) ?? (await nameTaken());
  if (obstacle !== null) {
    process.stderr.write(`✗ ${obstacle}\n`);
    return 1;
  }
  const project = `live-orders-test-${process.pid}`;
  await play('docker-compose.yml', project, await developmentSettings(), tryDevelopment);
  if (!stop.signal.aborted) {
    await play('docker-compose.prod.yml', `${project}-prod`, await productionSettings(project), tryProduction);
  }
  process.stdout.write(`${checks.passed} passed, ${checks.failed} failed\n`);
  if (signalled) return 128 + constants.signals[signalled];
  return checks.failed === 0 ? 0 : 1;
};

process.exit(await main());
