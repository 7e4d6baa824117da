import { expect, test } from 'vitest';
import { mergeEnv, partAddresses, partPorts } from './part-env.ts';

test("a part gets the runner's defaults where the person has set nothing", () => {
  expect(mergeEnv({ PATH: '/bin' }, {}, { REDIS_PORT: '6379' })).toEqual({ PATH: '/bin', REDIS_PORT: '6379' });
});

test("a variable of the part's own .env is left to the part, which prefers real variables", () => {
  expect(mergeEnv({}, { REDIS_PORT: '6380' }, { REDIS_PORT: '6379' })).toEqual({});
});

test('a variable of the shell wins over both', () => {
  const env = mergeEnv({ REDIS_PORT: '6381' }, { REDIS_PORT: '6380' }, { REDIS_PORT: '6379' });
  expect(env).toEqual({ REDIS_PORT: '6381' });
});

test('an empty value is none', () => {
  const env = mergeEnv({ SEED: '' }, { LOG_LEVEL: '' }, { SEED: 'demo', LOG_LEVEL: 'info' });
  expect(env).toEqual({ SEED: 'demo', LOG_LEVEL: 'info' });
});

test("a part's ports come from its .env", () => {
  expect(partPorts('gateway', {}, {})).toMatchObject({ port: 3000, opsPort: 3010 });
  expect(partPorts('gateway', { PORT: '4000', OPS_PORT: '4010' }, {})).toMatchObject({ port: 4000, opsPort: 4010 });
  expect(() => partPorts('gateway', { PORT: 'abc' })).toThrow('PORT=abc in gateway/.env is no port');
  expect(() => partPorts('gateway', { OPS_PORT: '0.5' })).toThrow('OPS_PORT=0.5 in gateway/.env is no port');
});

test('a gateway with a certificate is found by https, at a name that certificates have', () => {
  const certificate = { TLS_CERT: 'a.pem', TLS_KEY: 'a.key' };
  const inFile = partPorts('gateway', certificate, {});
  expect(partAddresses('gateway', inFile)).toMatchObject({ GATEWAY_URL: 'https://localhost:3000' });
  expect(partPorts('gateway', {}, certificate)).toEqual(inFile);
  // It refuses to start with half of one.
  const half = partPorts('gateway', { TLS_CERT: 'a.pem' }, {});
  expect(partAddresses('gateway', half)).toMatchObject({ GATEWAY_URL: 'http://127.0.0.1:3000' });
  expect(partPorts('gateway', certificate, { TLS_CERT: '', TLS_KEY: '' })).toEqual(half);
  // Nor does what is in the shell change the other parts.
  expect(partAddresses('users', partPorts('users', {}, certificate))).toMatchObject({
    USERS_URL: 'http://127.0.0.1:3002',
  });
});

test('of a gateway whose port was moved the dashboard learns no more for browsers than the port', () => {
  const { GATEWAY_URL, ...others } = partAddresses('gateway', partPorts('gateway', { PORT: '7000' }, {}));
  expect(GATEWAY_URL).toBe('http://127.0.0.1:7000');
  expect(others).toEqual({ PUBLIC_GATEWAY_PORT: '7000' });
});
