import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);

/** URLs know that `999.1.1.1` is no name, and no address either; the resolver would say so only when a server listens. */
const isHostName = (text: string): boolean => URL.parse(`http://${text}`)?.hostname === text.toLowerCase();
const host = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || isHostName(text),
    'must be an address of this machine, such as 127.0.0.1, or its name',
  );

const defaultDatabaseUrl = 'postgres://postgres:postgres@127.0.0.1:15432/live_orders';
const developmentSecret = 'development-only-secret-do-not-use-in-production';

/** Variables by what they configure; a part's schema spreads the groups that it needs. */
export const settings = {
  process: {
    NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    HOST: host.default('0.0.0.0'),
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
  accounts: {
    JWT_SECRET: z.string().min(32, 'must have at least 32 characters').default(developmentSecret),
    /** Goes into every hash of a password and is stored nowhere else: without it, all have to be set anew. */
    PASSWORD_PEPPER: z.string().min(32, 'must have at least 32 characters').default(developmentSecret),
    BCRYPT_COST: z.coerce.number().int().min(4).max(15).default(10),
  },
  tokens: {
    USERS_URL: z.url().default('http://127.0.0.1:3002'),
  },
  port: (value: number) => ({ PORT: port.default(value) }),
  operations: {
    /** Where details are told without a token: to this machine only, unless a network is closed to strangers. */
    OPS_HOST: host.default('127.0.0.1'),
  },
  operationsPort: (value: number) => ({ OPS_PORT: port.default(value) }),
};

/** The environment does not allow to start; the message names each variable that is wrong, and why. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Random text of 32 characters has fewer with a probability below 10⁻⁶, also when it is written in hexadecimal digits. */
const secretLetters = 8;

const weakness = (secret: unknown): string | null => {
  if (secret === developmentSecret) return 'is the known default, set one of your own';
  return new Set(String(secret)).size < secretLetters ? 'can be guessed, set a random one' : null;
};

/** What production refuses, by variable: the reason, or null where the value may stand. It never repeats the value. */
const refusals: Readonly<Record<string, (value: unknown) => string | null>> = {
  DATABASE_URL: (value) =>
    new URL(String(value)).password === 'postgres' ? 'has the known default password, set one of your own' : null,
  SEED: (value) => (value === 'demo' ? 'makes accounts with a known password, of an administrator too' : null),
  REDIS_PASSWORD: (value) =>
    value === undefined ? 'is missing, and whoever reaches Redis can read and make up events' : null,
  JWT_SECRET: weakness,
  PASSWORD_PEPPER: weakness,
  PROXY_SECRET: (value) => (value === undefined ? null : weakness(value)),
  // The least that OWASP's Password Storage Cheat Sheet allows.
  BCRYPT_COST: (value) => (Number(value) < 10 ? 'must be at least 10, so that stolen hashes withstand guessing' : null),
};

/**
 * Checks environment variables against a schema; an empty one counts as absent. In production it also refuses what would
 * let strangers in.
 */
export const parseConfig = <T extends z.ZodObject<{ NODE_ENV: typeof settings.process.NODE_ENV }>>(
  schema: T,
  env: Record<string, string | undefined>,
): z.infer<T> => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    throw new ConfigError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  }
  const values = new Map<string, unknown>(Object.entries(result.data));
  const own = values.get('PORT');
  // 0 is any free one.
  if (typeof own === 'number' && own !== 0 && values.get('OPS_PORT') === own)
    throw new ConfigError(`OPS_PORT: ${own} is the PORT already; give operators another`);
  if (values.get('NODE_ENV') === 'production') {
    const refused = Object.entries(refusals).flatMap(([name, refuse]) => {
      const reason = name in schema.shape ? refuse(values.get(name)) : null;
      return reason === null ? [] : [`${name} ${reason}`];
    });
    if (refused.length > 0) throw new ConfigError(`not for production: ${refused.join('; ')}`);
  }
  return result.data;
};

/**
 * Reads `.env` in the part's folder where there is one (real variables win), checks all, and ends the process with one
 * clear line when something is off.
 */
export const loadConfig = <T extends z.ZodObject<{ NODE_ENV: typeof settings.process.NODE_ENV }>>(
  name: string,
  schema: T,
  directory: string,
): z.infer<T> => {
  const file = join(directory, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  try {
    return parseConfig(schema, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name} cannot start: ${error.message}\n`);
    process.exit(1);
  }
};
