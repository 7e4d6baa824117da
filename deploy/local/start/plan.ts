import { partPorts } from '../parts/part-env.ts';
import type { PartName, PartPorts } from '../parts/parts.ts';
import { serverNames, type ServerName } from '../servers/stack.ts';

interface ServerDefinition {
  /** Where it is started here. */
  port: number;
  /** The variables that name an existing server to use instead; one of them is enough. */
  variables: readonly string[];
}

export const servers: Record<ServerName, ServerDefinition> = {
  postgres: { port: 15432, variables: ['DATABASE_URL'] },
  redis: { port: 6379, variables: ['REDIS_HOST', 'REDIS_PORT'] },
  kafka: { port: 9092, variables: ['KAFKA_BROKERS'] },
};

/** What one `npm start` runs, and where. */
export interface Plan {
  /** The servers that are started here: those that no variable points elsewhere. */
  embedded: ServerName[];
  /** The servers that a variable points at. */
  external: ServerName[];
  ports: Record<PartName, PartPorts>;
}

/** The plan for these environment variables; throws a StartError where a part's port is none. */
export const makePlan = (env: Record<string, string | undefined>): Plan => {
  const isExternal = (name: ServerName): boolean => servers[name].variables.some((variable) => Boolean(env[variable]));
  return {
    embedded: serverNames.filter((name) => !isExternal(name)),
    external: serverNames.filter(isExternal),
    ports: {
      users: partPorts('users'),
      orders: partPorts('orders'),
      bridge: partPorts('bridge'),
      gateway: partPorts('gateway'),
      dashboard: partPorts('dashboard'),
    },
  };
};
