import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);

const defaultDatabaseUrl = 'postgres://postgres:postgres@127.0.0.1:15432/live_orders';

/** Variables by what they configure; a part's schema spreads the groups that it needs. */
export const settings = {
  process: {
    NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    HOST: z.string().default('0.0.0.0'),
  },
  database: {
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).default(defaultDatabaseUrl),
    DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(10),
    /** `demo` fills an empty database with demo accounts, products and orders. */
    SEED: z.enum(['demo', 'none']).default('none'),
  },
  redis: {
    REDIS_HOST: z.string().default('127.0.0.1'),
    REDIS_PORT: port.default(6379),
    REDIS_PASSWORD: z.string().optional(),
    /** Put before every key and channel, so that several systems can share one server. */
    REDIS_PREFIX: z.string().default(''),
  },
  kafka: {
    KAFKA_BROKERS: z
      .string()
      .default('127.0.0.1:9092')
      .transform((text) => text.split(',').map((broker) => broker.trim()))
      .pipe(z.array(z.string().regex(/^[^:\s]+:\d+$/, 'must be host:port, several separated by commas'))),
    /** Put before every topic and consumer group. */
    KAFKA_PREFIX: z.string().default(''),
    KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1000).default(6),
    KAFKA_REPLICATION: z.coerce.number().int().min(1).max(9).default(1),
  },
  tokens: {
    USERS_URL: z.url().default('http://127.0.0.1:3002'),
  },
  port: (value: number) => ({ PORT: port.default(value) }),
};

/** The environment does not allow to start; the message names each variable that is wrong, and why. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Whether this value is a secret that everybody can read in the code: a default, or the database password of the
 * default.
 */
const isKnown = (name: string, value: unknown, unsafe: Record<string, string>): boolean =>
  name === 'DATABASE_URL' ? new URL(String(value)).password === 'postgres' : unsafe[name] === value && name in unsafe;

/**
 * Checks environment variables against a schema; an empty one counts as absent.
 * `unsafe` names the values that everybody knows, which must not be used in production.
 */
export const parseConfig = <T extends z.ZodType<{ NODE_ENV: string }>>(
  schema: T,
  env: Record<string, string | undefined>,
  unsafe: Record<string, string> = {},
): z.infer<T> => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    throw new ConfigError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  }
  if (result.data.NODE_ENV === 'production') {
    const known = Object.entries(result.data).flatMap(([name, value]) => (isKnown(name, value, unsafe) ? [name] : []));
    if (known.length > 0) {
      throw new ConfigError(`${known.join(', ')}: the known default is refused in production, set a value of your own`);
    }
  }
  return result.data;
};

/**
 * Reads `.env` in the part's folder where there is one (real variables win), checks all, and ends the process with one
 * clear line when something is off.
 */
export const loadConfig = <T extends z.ZodType<{ NODE_ENV: string }>>(
  name: string,
  schema: T,
  directory: string,
  unsafe?: Record<string, string>,
): z.infer<T> => {
  const file = join(directory, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  try {
    return parseConfig(schema, process.env, unsafe);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name} cannot start: ${error.message}\n`);
    process.exit(1);
  }
};
