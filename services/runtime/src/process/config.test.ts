import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, parseConfig, settings } from './config.ts';

const schema = z.object({
  ...settings.process,
  ...settings.port(3001),
  ...settings.database,
  ...settings.kafka,
  SECRET: z.string().default('known'),
});
const own = { DATABASE_URL: 'postgres://shop:s3cret@db/live_orders', SECRET: 'mine' };

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

  test('refuses known secrets in production, and only there', () => {
    const unsafe = { SECRET: 'known' };
    expect(parseConfig(schema, {}, unsafe).SECRET).toBe('known');
    expect(() => parseConfig(schema, { ...own, SECRET: '', NODE_ENV: 'production' }, unsafe)).toThrow(/^SECRET: /);
    expect(() => parseConfig(schema, { SECRET: 'mine', NODE_ENV: 'production' }, unsafe)).toThrow(/^DATABASE_URL: /);
    const moved = { ...own, DATABASE_URL: 'postgres://postgres:postgres@db/live_orders', NODE_ENV: 'production' };
    expect(() => parseConfig(schema, moved, unsafe)).toThrow(/^DATABASE_URL: /);
    expect(parseConfig(schema, { ...own, NODE_ENV: 'production' }, unsafe).SECRET).toBe('mine');
  });
});
