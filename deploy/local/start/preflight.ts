import { setTimeout as delay } from 'node:timers/promises';
import { findJava, findMaven } from '../servers/java.ts';
import { partPort } from '../parts/part-env.ts';
import { partNames, parts, type PartName } from '../parts/parts.ts';
import { isTaken } from '../process/ports.ts';
import { serversMissing } from '../servers/maven.ts';
import type { ServerName } from '../servers/stack.ts';
import { StartError } from '../process/start-error.ts';

interface ServerDefinition {
  title: string;
  port: number;
  /** The variables that point at an existing server; one of them is enough. */
  variables: readonly string[];
}

export const servers: Record<ServerName, ServerDefinition> = {
  postgres: { title: 'PostgreSQL', port: 15432, variables: ['DATABASE_URL'] },
  redis: { title: 'Redis', port: 6379, variables: ['REDIS_HOST', 'REDIS_PORT'] },
  kafka: { title: 'Kafka', port: 9092, variables: ['KAFKA_BROKERS'] },
};

const serverNames: readonly ServerName[] = ['postgres', 'redis', 'kafka'];

/** What a start runs, and where. */
export interface Plan {
  /** The servers that are started here: those that no variable points elsewhere. */
  embedded: ServerName[];
  external: ServerName[];
  ports: Record<PartName, number>;
}

export const makePlan = (env: Record<string, string | undefined>): Plan => {
  const isExternal = (name: ServerName): boolean => servers[name].variables.some((variable) => Boolean(env[variable]));
  return {
    embedded: serverNames.filter((name) => !isExternal(name)),
    external: serverNames.filter(isExternal),
    ports: {
      users: partPort('users'),
      orders: partPort('orders'),
      bridge: partPort('bridge'),
      gateway: partPort('gateway'),
      dashboard: partPort('dashboard'),
    },
  };
};

interface Wanted {
  port: number;
  title: string;
  /** What can be done about it besides freeing the port. */
  remedy: string;
}

const wantedPorts = ({ embedded, ports }: Plan): Wanted[] => [
  ...embedded.map((name) => {
    const { title, port, variables } = servers[name];
    return { port, title, remedy: `set ${variables.join(' and ')} to use what listens there` };
  }),
  ...partNames.map((name) => ({
    port: ports[name],
    title: name,
    remedy: `set another PORT in ${parts[name].folder}/.env`,
  })),
];

const takenPorts = async (wanted: Wanted[]): Promise<Wanted[]> => {
  const taken: Wanted[] = [];
  for (const one of wanted) if (await isTaken(one.port)) taken.push(one);
  return taken;
};

const checkPorts = async (plan: Plan, signal: AbortSignal): Promise<void> => {
  const wanted = wantedPorts(plan);
  let taken = await takenPorts(wanted);
  // What a killed run has left behind takes up to a few seconds to notice and go.
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
  throw new StartError(`ports ${list} are taken: stop what listens there, perhaps another \`npm start\``);
};

const checkPrograms = ({ embedded }: Plan): void => {
  if (embedded.includes('kafka')) findJava();
  if ((embedded.includes('kafka') || embedded.includes('redis')) && serversMissing()) findMaven();
};

/** Rejects with a StartError, before anything is started, when a port is taken or a program is missing. */
export const preflight = async (plan: Plan, signal: AbortSignal): Promise<void> => {
  checkPrograms(plan);
  await checkPorts(plan, signal);
};
