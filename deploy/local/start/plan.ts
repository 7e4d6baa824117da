import { partPort } from '../parts/part-env.ts';
import type { PartName } from '../parts/parts.ts';
import type { ServerName } from '../servers/stack.ts';

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
