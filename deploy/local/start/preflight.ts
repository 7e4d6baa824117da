import { setTimeout as delay } from 'node:timers/promises';
import { findJava, findMaven } from '../servers/java.ts';
import { partNames, parts } from '../parts/parts.ts';
import { isTaken } from '../process/ports.ts';
import { artifactsMissing } from '../servers/maven.ts';
import { serverTitles } from '../servers/stack.ts';
import { StartError } from '../process/start-error.ts';
import { type Plan, servers } from './plan.ts';

/** A port that the start needs. */
interface Wanted {
  port: number;
  title: string;
  /** What can be done about it besides freeing the port. */
  remedy: string;
  /** The same where more ports than this one are taken. */
  remedyOfMany: string;
}

const wantedPorts = ({ embedded, ports }: Plan): Wanted[] => [
  ...embedded.map((name) => {
    const { port, variables } = servers[name];
    const remedy = `set ${variables.join(' and ')} to use what listens there`;
    return { port, title: serverTitles[name], remedy, remedyOfMany: remedy };
  }),
  ...partNames.flatMap((name) => {
    const remedies = (variable: string) => ({
      remedy: `set another ${variable} in ${parts[name].folder}/.env`,
      remedyOfMany: 'give the parts other ports, by PORT and OPS_PORT in their .env',
    });
    const { port, opsPort } = ports[name];
    const operations = { port: opsPort, title: `${name}, for operators`, ...remedies('OPS_PORT') };
    return [{ port, title: name, ...remedies('PORT') }, ...(parts[name].operations ? [operations] : [])];
  }),
];

const takenPorts = async (wanted: Wanted[]): Promise<Wanted[]> => {
  const taken: Wanted[] = [];
  for (const one of wanted) if (await isTaken(one.port)) taken.push(one);
  return taken;
};

const checkPorts = async (plan: Plan, signal: AbortSignal): Promise<void> => {
  const wanted = wantedPorts(plan);
  let taken = await takenPorts(wanted);
  // The processes of a run that was killed notice it and stop, which takes up to a few seconds (tied-process.ts).
  for (let tries = 0; taken.length > 0 && tries < 12; tries += 1) {
    await delay(250, undefined, { signal });
    taken = await takenPorts(wanted);
  }
  const [first] = taken;
  if (first === undefined) return;
  if (taken.length === 1) {
    throw new StartError(
      `port ${first.port}, which ${first.title} needs, is taken: stop what listens there, or ${first.remedy}`,
    );
  }
  const list = taken.map(({ port, title }) => `${port} (${title})`).join(', ');
  const remedies = new Set(taken.map(({ remedyOfMany }) => remedyOfMany));
  throw new StartError(
    `ports ${list} are taken: stop what listens there, perhaps another \`npm start\`, or ${[...remedies].join('; or ')}`,
  );
};

const checkPrograms = ({ embedded }: Plan): void => {
  if (embedded.includes('kafka')) findJava();
  if ((embedded.includes('kafka') || embedded.includes('redis')) && artifactsMissing()) findMaven();
};

/** Rejects with a StartError, before anything is started, when a port is taken or a program is missing. */
export const preflight = async (plan: Plan, signal: AbortSignal): Promise<void> => {
  checkPrograms(plan);
  await checkPorts(plan, signal);
};
