import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { calls } from '../../contracts/src/rest/calls.ts';
import { Api } from '../../tests/support/clients/api.ts';
import type { System } from '../../tests/support/system/system.ts';

/** Who orders what. */
export interface Buyers {
  tokens: string[];
  products: string[];
}

/** So many customers, who have just registered, and 30 products of which there are enough for every benchmark. */
export const invite = async (system: System, customers: number): Promise<Buyers> => {
  const anybody = new Api(system.gatewayUrl);
  const admin = await anybody.login('admin@example.com');
  const people = await Promise.all(Array.from({ length: customers }, () => anybody.register()));
  const products = await Promise.all(
    Array.from({ length: 30 }, (_none, n) =>
      admin.call(calls.createProduct, {
        body: { name: `Thing ${n}, ${crypto.randomUUID()}`, price: 500, stock: 1_000_000 },
      }),
    ),
  );
  return {
    tokens: people.map(({ session }) => session?.access_token ?? ''),
    products: products.map(({ id }) => id),
  };
};

interface Load {
  /** Each with the path at which orders are placed there; they are asked in turn. */
  urls: string[];
  buyers: Buyers;
  /** Orders a second. */
  rate: number;
  seconds: number;
}

/**
 * Places orders evenly spread, whether the earlier ones are answered or not. A request's time is from when it was due, so that
 * one that waits for others counts in full.
 */
export const placeOrders = async ({ urls, buyers: { tokens, products }, rate, seconds }: Load) => {
  const targets = urls.map((url) => {
    const { origin, pathname } = new URL(url);
    return { pool: new Pool(origin, { connections: Math.ceil(64 / urls.length) }), path: pathname };
  });
  const took: number[] = [];
  let refused = 0;
  const place = async (n: number, due: number): Promise<void> => {
    const target = targets[n % targets.length];
    if (!target) throw new Error('there is nobody to place orders at');
    const answer = await target.pool.request({
      method: 'POST',
      path: target.path,
      headers: { authorization: `Bearer ${tokens[n % tokens.length] ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ items: [{ product_id: products[n % products.length], quantity: 1 }] }),
    });
    await answer.body.dump();
    if (answer.statusCode === calls.placeOrder.status) took.push(performance.now() - due);
    else refused += 1;
  };
  const began = performance.now();
  const placed: Promise<void>[] = [];
  for (let n = 0; n < rate * seconds; n += 1) {
    const due = began + (n * 1_000) / rate;
    const wait = due - performance.now();
    if (wait > 1) await delay(wait);
    placed.push(place(n, due));
  }
  await Promise.all(placed);
  const rateTaken = (took.length * 1_000) / (performance.now() - began);
  await Promise.all(targets.map(({ pool }) => pool.close()));
  return { took, refused, rateTaken };
};
