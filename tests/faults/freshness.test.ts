import type { Stage, StreamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import { withAdmin } from '@live-orders/runtime/kafka/client.ts';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { PartName } from '@live-orders/local/parts/parts.ts';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { Dashboard } from '@live-orders/test-support/clients/dashboard.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';
import { kafkaOf } from '@live-orders/test-support/clients/topic.ts';

let system: System;
let staff: Api;
let dashboards: Dashboard[];

test.beforeAll(({ shop }) => {
  ({ system, staff } = shop);
});

beforeEach(async () => {
  dashboards = [new Dashboard(staff), new Dashboard(staff)];
  await become('live');
});

afterEach(() => {
  for (const dashboard of dashboards) dashboard.stop();
});

/** Resolves once every dashboard is in this phase; a stale one has to name the stage. */
const become = (phase: 'live' | 'stale', behind?: Stage) =>
  vi.waitFor(
    () => {
      for (const { client } of dashboards) expect(client.state).toMatchObject(behind ? { phase, behind } : { phase });
    },
    { timeout: 25_000, interval: 100 },
  );

/** Takes a part away for as long as `meanwhile` runs. */
const without = async (name: PartName, meanwhile: () => Promise<void>): Promise<void> => {
  await system.part(name).kill();
  try {
    await meanwhile();
  } finally {
    await system.part(name).start();
  }
};

const membersOfBridge = () =>
  withAdmin(kafkaOf(system.territory).kafka, async (admin) => {
    const { groups } = await admin.describeGroups([`${system.territory.prefix}bridge`]);
    return groups.flatMap(({ members }) => members);
  });

const signal = (name: PartName, what: NodeJS.Signals): void => {
  const { pid } = system.part(name);
  if (pid !== undefined) process.kill(pid, what);
};

test('while all is well every heartbeat carries the figures of every stage', async () => {
  const socket = await Socket.open(staff);
  // Events of the demo data may still be under way.
  const isQuiet = ({ data: { lag } }: { data: { lag?: StreamLag | undefined } }) =>
    lag?.orders?.depth === 0 && lag.users?.depth === 0 && lag.bridge?.records === 0 && lag.redis_ms !== null;
  const { data } = await socket.next('heartbeat', isQuiet, 30_000);
  expect(data).toMatchObject({ live: true, behind: null, lag: { orders: { oldest_ms: 0 }, bridge: { records: 0 } } });
  await socket.close();
});

test('without its bridge every dashboard becomes stale and names it, one that connects then too, until it is back', async () => {
  await without('bridge', async () => {
    await become('stale', 'bridge');
    const late = await Socket.open(staff);
    const beat = await late.next('heartbeat');
    expect(beat.data).toMatchObject({ live: false, behind: 'bridge', lag: { bridge: null } });
    await late.close();
    expect(await (await fetch(system.operationsUrl('gateway'))).json()).toMatchObject({
      live: false,
      behind: 'bridge',
      dependencies: { bridge: 'down', orders: 'up' },
    });
  });
  await become('live');
});

test('a bridge that hangs is noticed like one that is gone', async () => {
  signal('bridge', 'SIGSTOP');
  try {
    await become('stale', 'bridge');
  } finally {
    signal('bridge', 'SIGCONT');
  }
  await become('live');
});

test('a bridge that goes on again does not make anybody live before what waited for it has come', async () => {
  const [product] = await staff.products();
  const placed: string[] = [];
  signal('bridge', 'SIGSTOP');
  try {
    await become('stale', 'bridge');
    for (let count = 0; count < 3; count += 1)
      placed.push((await staff.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }])).id);
    // The group has given the member up, so that it must join again before it reads on.
    await vi.waitFor(async () => expect(await membersOfBridge()).toEqual([]), { timeout: 20_000, interval: 200 });
  } finally {
    signal('bridge', 'SIGCONT');
  }
  const lies = new Set<string>();
  await vi.waitFor(
    () => {
      for (const { client } of dashboards) {
        const lacks = placed.filter((id) => !client.store.get(id));
        if (client.state.phase === 'live') for (const id of lacks) lies.add(id);
        expect([client.state.phase, lacks]).toEqual(['live', []]);
      }
    },
    { timeout: 25_000, interval: 5 },
  );
  expect([...lies]).toEqual([]);
});

test('without the orders service it is not known what waits in its outbox, so dashboards are stale', async () => {
  await without('orders', () => become('stale', 'orders'));
  await become('live');
});

test('without the users service dashboards of orders stay live', async () => {
  await without('users', async () => {
    const away = await vi.waitFor(
      async () => {
        const health: unknown = await (await fetch(system.operationsUrl('gateway'))).json();
        expect(health).toMatchObject({ dependencies: { users: 'down' } });
        return health;
      },
      { timeout: 20_000, interval: 250 },
    );
    expect(away).toMatchObject({ live: true, behind: null, lag: { users: null } });
    await become('live');
  });
});
