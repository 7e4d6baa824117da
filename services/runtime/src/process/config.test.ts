import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, parseConfig, settings } from './config.ts';

const schema = z.object({
  ...settings.process,
  ...settings.port(3001),
  ...settings.database,
  ...settings.redis,
  ...settings.kafka,
  ...settings.accounts,
});
const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://shop:s3cret@db/live_orders',
  REDIS_PASSWORD: 's3cret',
  JWT_SECRET: randomBytes(16).toString('hex'),
  PASSWORD_PEPPER: randomBytes(16).toString('hex'),
};

describe('configuration', () => {
  test('just works without any variable, and counts an empty one as absent', () => {
    expect(parseConfig(schema, { PORT: '' })).toMatchObject({
      PORT: 3001,
      NODE_ENV: 'development',
      KAFKA_BROKERS: ['127.0.0.1:9092'],
    });
  });

  test('names every variable that is off', () => {
    expect(() => parseConfig(schema, { PORT: 'http', KAFKA_BROKERS: 'a:1,b' })).toThrow(ConfigError);
    expect(() => parseConfig(schema, { PORT: 'http', KAFKA_BROKERS: 'a:1,b' })).toThrow(/PORT.*KAFKA_BROKERS\.1/);
  });

  test.each([
    ['DATABASE_URL', 'postgres://postgres:postgres@db/live_orders', 'known default password'],
    ['DATABASE_URL', '', 'known default password'],
    ['SEED', 'demo', 'known password'],
    ['REDIS_PASSWORD', '', 'is missing'],
    ['JWT_SECRET', '', 'known default'],
    ['JWT_SECRET', 'a'.repeat(32), 'can be guessed'],
    ['JWT_SECRET', 'password'.repeat(4), 'can be guessed'],
    ['PASSWORD_PEPPER', '', 'known default'],
    ['PASSWORD_PEPPER', 'b'.repeat(32), 'can be guessed'],
    ['BCRYPT_COST', '9', 'at least 10'],
  ])('in production %s=%s is refused, and only there', (name, value, reason) => {
    const refusal = new RegExp(`^not for production: ${name} [^;]*${reason}[^;]*$`);
    expect(() => parseConfig(schema, { ...production, [name]: value })).toThrow(refusal);
    expect(() => parseConfig(schema, { ...production, [name]: value, NODE_ENV: 'development' })).not.toThrow();
  });

  test('in production nothing is asked that a part does not read', () => {
    const part = z.object({ ...settings.process, ...settings.port(3003) });
    expect(parseConfig(part, { NODE_ENV: 'production' })).toMatchObject({ PORT: 3003 });
    expect(parseConfig(schema, production)).toMatchObject({ SEED: 'none', BCRYPT_COST: 10 });
  });
});
