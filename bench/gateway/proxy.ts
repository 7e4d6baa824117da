import { Pool } from 'undici';
import { calls } from '../../contracts/src/rest/calls.ts';
import { Api } from '../../tests/support/clients/api.ts';
import type { System } from '../../tests/support/system/system.ts';
import { median, rateOf } from '../support/rounds.ts';
import { cpuOf, withSystem } from '../support/system.ts';

/**
 * What the gateway adds to a request: `GET /products?limit=5` through it and directly, in turn, by 16 clients. Prints
 * milliseconds of CPU a request in the gateway and in the orders service, and how many times as much the whole costs.
 */
const rounds = 5;
const roundMs = 3_000;
const path = '/products?limit=5';

const used = async (system: System) => ({
  gateway: await cpuOf(system, 'gateway'),
  orders: await cpuOf(system, 'orders'),
});

/** Milliseconds of CPU a request, and requests a second. */
interface Cost {
  rate: number;
  gateway: number;
  orders: number;
}

const measure = async (system: System, pool: Pool, request: { path: string; token: string }): Promise<Cost> => {
  let requests = 0;
  const ask = async (): Promise<void> => {
    const headers = { authorization: `Bearer ${request.token}` };
    const { statusCode, body } = await pool.request({ method: 'GET', path: request.path, headers });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${request.path}: ${statusCode}`);
    requests += 1;
  };
  const before = await used(system);
  const rate = await rateOf(ask, roundMs);
  const after = await used(system);
  const each = (part: keyof typeof before): number => ((after[part] - before[part]) * 1_000) / requests;
  return { rate, gateway: each('gateway'), orders: each('orders') };
};

await withSystem(async (system) => {
  const admin = await new Api(system.gatewayUrl).login('admin@example.com');
  for (let n = 0; n < 5; n += 1)
    await admin.call(calls.createProduct, { body: { name: `Thing ${n}`, price: 500, stock: 10 } });
  const token = admin.session?.access_token ?? '';
  const proxied = { pool: new Pool(system.gatewayUrl, { connections: 16 }), path: `/orders/api${path}` };
  const direct = { pool: new Pool(system.addresses.ORDERS_URL ?? '', { connections: 16 }), path: `/api${path}` };
  for (const { pool, path: warmed } of [proxied, direct]) await measure(system, pool, { path: warmed, token });
  const results: { through: Cost; straight: Cost; ratio: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const through = await measure(system, proxied.pool, { path: proxied.path, token });
    const straight = await measure(system, direct.pool, { path: direct.path, token });
    results.push({ through, straight, ratio: (through.gateway + through.orders) / straight.orders });
  }
  const middle = (of: (result: (typeof results)[0]) => number): string => median(results.map(of)).toFixed(2);
  process.stdout.write(
    `| \`GET ${path}\` | requests a second | gateway, ms of CPU | orders, ms of CPU |\n|---|---|---|---|\n` +
      `| through the gateway | ${middle(({ through }) => through.rate)} | ${middle(({ through }) => through.gateway)} | ${middle(({ through }) => through.orders)} |\n` +
      `| directly | ${middle(({ straight }) => straight.rate)} | | ${middle(({ straight }) => straight.orders)} |\n` +
      `CPU of both, through the gateway ÷ directly: ${middle(({ ratio }) => ratio)}\n`,
  );
  await Promise.all([proxied.pool.close(), direct.pool.close()]);
});
