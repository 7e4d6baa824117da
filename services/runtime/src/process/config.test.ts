import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, parseConfig, settings } from './config.ts';

const schema = z.object({
  ...settings.process,
  ...settings.port(3001),
  ...settings.operations,
  ...settings.operationsPort(3011),
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

  test.each(['999.1.1.1', '1.2', '127.0.0.1:3011', 'a b', 'http://127.0.0.1', ':::'])(
    'an address to listen at cannot be %s, and one line says so',
    (text) => {
      for (const name of ['HOST', 'OPS_HOST']) {
        const said = `${name}: must be an address of this machine, such as 127.0.0.1, or its name`;
        expect(() => parseConfig(schema, { [name]: text })).toThrow(new ConfigError(said));
      }
    },
  );

  test('an address to listen at is of version 4 or 6, or a name', () => {
    for (const OPS_HOST of ['127.0.0.1', '0.0.0.0', '::', '::1', 'fe80::1%eth0', 'localhost', 'Orders-1.internal'])
      expect(parseConfig(schema, { OPS_HOST })).toMatchObject({ OPS_HOST });
  });

  test('operators have a port of their own, which one line says', () => {
    const refusal = (port: string) => new ConfigError(`OPS_PORT: ${port} is the PORT already; give operators another`);
    expect(() => parseConfig(schema, { PORT: '3011' })).toThrow(refusal('3011'));
    expect(() => parseConfig(schema, { PORT: '4000', OPS_PORT: '4000' })).toThrow(refusal('4000'));
    expect(parseConfig(schema, { PORT: '0', OPS_PORT: '0' })).toMatchObject({ PORT: 0, OPS_PORT: 0 });
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
