import type { Role } from '@live-orders/contracts/domain/users.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@live-orders/test-support/system/stack.ts';
import { Callers } from './fuzz/callers.ts';
import { type KnownIds, withKnownIds } from './fuzz/documents.ts';
import { attack, installSchemathesis } from './fuzz/schemathesis.ts';
import { WireAttack } from './fuzz/wire.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';

/**
 * `npm run fuzz`: starts the system on ports of its own, and sends each part what the OpenAPI documents allow and what they do
 * not, in each role and without a token, directly and through the gateway: first requests that are spoilt byte by byte, then
 * those of schemathesis. Ends with 1 when an answer was a 5xx or not as documented, or when a part no longer answered.
 * `--examples 50` sends more, `--seed` repeats a run, `--wire` leaves schemathesis out, which needs Python.
 */
const numberOf = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const examples = numberOf('examples', 20);
const wireOnly = process.argv.includes('--wire');
const seed = numberOf('seed', Math.floor(Math.random() * 1e6));

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Target {
  system: System;
  callers: Callers;
  known: KnownIds;
}

/** A system with orders of a customer who has just registered. */
const prepare = async (system: System): Promise<Target> => {
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
  // Those with whose tokens the fuzzer calls stay as they are.
  const accounts = await admin.call(calls.listUsers, { query: { limit: 10, role: 'customer' } });
  const known = {
    '/api/orders': orders.map(({ id }) => id),
    '/api/products': (await staff.products()).map(({ id }) => id),
    '/api/users': accounts.data.map(({ id }) => id).filter((id) => id !== customer.session?.user.id),
  };
  return { system, known, callers: new Callers({ customer, staff, admin }) };
};

interface Round {
  held: Role | null;
  service: 'users' | 'orders';
  isDirect: boolean;
}

/** The administrator at the users service itself comes last: that round may end the accounts of the others. */
const rounds: Round[] = ([null, 'customer', 'staff', 'admin'] as const).flatMap((held) =>
  (['orders', 'users'] as const).flatMap((service) => [
    { held, service, isDirect: false },
    { held, service, isDirect: true },
  ]),
);

/** What schemathesis makes of the documents; which rounds were not answered as documented. */
const attackByDocuments = async ({ system, callers, known }: Target, folder: string): Promise<string[]> => {
  const failed: string[] = [];
  for (const { held, service, isDirect } of rounds) {
    const name = `${service}, ${held ?? 'nobody'}, ${isDirect ? 'directly' : 'through the gateway'}`;
    say(`\n▶ ${name}`);
    const url = isDirect ? `http://127.0.0.1:${system.part(service).port}` : `${system.gatewayUrl}/${service}`;
    const document = join(folder, `${service}.json`);
    const fetched: unknown = await (await fetch(`${url}/api/openapi.json`)).json();
    await writeFile(document, JSON.stringify(withKnownIds(fetched, known)));
    const session = held === null ? null : (await callers.as(held)).session;
    const headers: Record<string, string> = session ? { authorization: `Bearer ${session.access_token}` } : {};
    const without = ['logout', ...(isDirect ? [] : ['changeUser', 'deactivateUser'])];
    const { passed, statuses } = await attack({ document, url, headers, examples, seed, without });
    say([...statuses].map(([status, count]) => `${status}: ${count}`).join(', '));
    if (!passed) failed.push(name);
    // A round that mostly met a closed door has tried nothing.
    const total = statuses.values().reduce((sum, count) => sum + count, 0);
    if (session && (statuses.get(401) ?? 0) > total / 2) failed.push(`${name}: the session has ended`);
  }
  return failed;
};

const attackAll = async (system: System, folder: string): Promise<string[]> => {
  const target = await prepare(system);
  // Each of these is sent on a connection of its own, and followed by five questions.
  const fewer = Math.ceil(examples / 4);
  const failed = await new WireAttack({ ...target, examples: fewer, seed, say }).run();
  return wireOnly ? failed : [...failed, ...(await attackByDocuments(target, folder))];
};

const main = async (): Promise<number> => {
  if (!wireOnly) await installSchemathesis();
  const folder = await mkdtemp(join(tmpdir(), 'live-orders-fuzz-'));
  const stack = await startStack({ dataDir: folder, durable: false, say: (line) => process.stderr.write(`${line}\n`) });
  try {
    const system = await startSystem(await claimTerritory(stack));
    try {
      const failed = await attackAll(system, folder);
      const faults = system.lines.filter((line) => /"level":(50|60)/.test(line));
      say(`\nseed ${seed}\n${faults.slice(0, 20).join('\n')}`);
      say(failed.length === 0 ? '✓ every answer was as documented' : `✗ ${failed.join('\n✗ ')}`);
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
