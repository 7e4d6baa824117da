import { calls } from '@live-orders/contracts/rest/calls.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@live-orders/test-support/system/stack.ts';
import { type KnownIds, withKnownIds } from './fuzz/documents.ts';
import { attack, installSchemathesis } from './fuzz/schemathesis.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';

/**
 * `npm run fuzz`: starts the system on ports of its own, and sends the users and the orders service what their OpenAPI
 * documents allow and what they do not, in each role, directly and through the gateway. Ends with 1 when an answer was
 * a 5xx or not as documented. `--examples 50` sends more, `--seed` repeats a run.
 */
const numberOf = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const examples = numberOf('examples', 20);
const seed = numberOf('seed', Math.floor(Math.random() * 1e6));

/**
 * What would end the caller's own session, after which the gateway answers 401 to everything; the services themselves
 * look at the token alone, and there an administrator's changes of users are tried too.
 */
const without = { direct: ['logout'], gateway: ['logout', 'changeUser', 'deactivateUser'] };

interface Round {
  name: string;
  service: 'users' | 'orders';
  url: string;
  caller: Api;
  without: string[];
}

const attackAll = async (system: System, folder: string): Promise<string[]> => {
  const anybody = new Api(system.gatewayUrl);
  const [admin, staff, customer] = await Promise.all([
    anybody.login('admin@example.com'),
    anybody.login('staff@example.com'),
    anybody.register(),
  ]);
  const [product] = await customer.products();
  for (let count = 0; count < 5; count += 1)
    await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
  const orders = [...(await customer.orders()), ...(await staff.orders()).slice(0, 20)];
  // The team's own accounts stay as they are: the fuzzer calls with them.
  const accounts = await admin.call(calls.listUsers, { query: { limit: 10, role: 'customer' } });
  const known: KnownIds = {
    '/api/orders': orders.map(({ id }) => id),
    '/api/products': (await staff.products()).map(({ id }) => id),
    '/api/users': accounts.data.map(({ id }) => id).filter((id) => id !== customer.session?.user.id),
  };
  // The administrator last: only that one may change the others.
  const direct = { customer, staff, admin };
  const throughGateway = { admin, anybody };
  const rounds = (['orders', 'users'] as const).flatMap((service): Round[] => [
    ...Object.entries(throughGateway).map(([role, caller]) => {
      const name = `${service}, ${role}, through the gateway`;
      return { name, service, url: `${system.gatewayUrl}/${service}`, caller, without: without.gateway };
    }),
    ...Object.entries(direct).map(([role, caller]) => {
      const url = `http://127.0.0.1:${system.part(service).port}`;
      return { name: `${service}, ${role}`, service, url, caller, without: without.direct };
    }),
  ]);
  const failed: string[] = [];
  for (const { name, service, url, caller, without: excluded } of rounds) {
    process.stdout.write(`\n▶ ${name}\n`);
    const document = join(folder, `${service}.json`);
    const fetched: unknown = await (await fetch(`${url}/api/openapi.json`)).json();
    await writeFile(document, JSON.stringify(withKnownIds(fetched, known)));
    const token = caller.session?.access_token;
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { passed, statuses } = await attack({ document, url, headers, examples, seed, without: excluded });
    process.stdout.write(`${[...statuses].map(([status, count]) => `${status}: ${count}`).join(', ')}\n`);
    if (!passed) failed.push(name);
    // A round that mostly met a closed door has tried nothing.
    const total = statuses.values().reduce((sum, count) => sum + count, 0);
    if (token !== undefined && (statuses.get(401) ?? 0) > total / 2) failed.push(`${name}: the session has ended`);
  }
  return failed;
};

const main = async (): Promise<number> => {
  await installSchemathesis();
  const folder = await mkdtemp(join(tmpdir(), 'live-orders-fuzz-'));
  const stack = await startStack({ dataDir: folder, durable: false, say: (line) => process.stderr.write(`${line}\n`) });
  try {
    const system = await startSystem(await claimTerritory(stack));
    try {
      const failed = await attackAll(system, folder);
      const faults = system.lines.filter((line) => /"level":(50|60)/.test(line));
      process.stdout.write(`\nseed ${seed}\n${faults.slice(0, 20).join('\n')}\n`);
      process.stdout.write(failed.length === 0 ? '✓ every answer was as documented\n' : `✗ ${failed.join('\n✗ ')}\n`);
      return failed.length === 0 && faults.length === 0 ? 0 : 1;
    } finally {
      await system.stop();
    }
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
