import { Pool } from 'undici';
import { calls } from '../../contracts/src/rest/calls.ts';
import { Api } from '../../tests/support/clients/api.ts';
import type { System } from '../../tests/support/system/system.ts';
import { type Measured, report } from '../support/figures.ts';
import { rateOf, roundMs, rounds } from '../support/rounds.ts';
import { cpuOf, withSystem } from '../support/system.ts';

/**
 * What the gateway adds to a request: `GET /products?limit=5` through it and directly, in turn, by 16 clients, and what
 * both cost the gateway and the orders service by their own counts of CPU.
 */
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
  const [through, straight] = [results.map((one) => one.through), results.map((one) => one.straight)];
  const cost = (name: string, values: number[]): Measured => ({ name, unit: 'ms', better: 'less', values });
  await report('gateway', [
    { name: 'proxied', unit: 'per second', better: 'more', values: through.map(({ rate }) => rate) },
    { name: 'direct', unit: 'per second', better: 'more', values: straight.map(({ rate }) => rate) },
    cost(
      'CPU of the gateway for a request',
      through.map(({ gateway }) => gateway),
    ),
    cost(
      'CPU of the orders service for a proxied request',
      through.map(({ orders }) => orders),
    ),
    cost(
      'CPU of the orders service for a direct request',
      straight.map(({ orders }) => orders),
    ),
    {
      name: 'CPU of all parts, proxied ÷ direct',
      unit: 'ratio',
      better: 'less',
      values: results.map(({ ratio }) => ratio),
    },
  ]);
  await Promise.all([proxied.pool.close(), direct.pool.close()]);
});
