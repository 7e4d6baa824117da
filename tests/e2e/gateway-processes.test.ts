import { once } from 'node:events';
import { createServer } from 'node:net';
import { gatewayHealth, type GatewayHealth } from '@live-orders/contracts/rest/health.ts';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { createTestPart, startPart } from '@live-orders/test-support/system/part.ts';
import { afterAll, afterEach, expect, vi } from 'vitest';
import { z } from 'zod';

/** A gateway of two processes behind one port, beside the system's own. */
let gateway: Daemon;
let operationsUrl: string;
let shop: Shop;
let sockets: Socket[] = [];
/** Each line that the gateway has written, newest last. */
const lines: string[] = [];

const soon = { timeout: 20_000, interval: 50 };
const health = async (): Promise<GatewayHealth> => gatewayHealth.parse(await (await fetch(operationsUrl)).json());

/** A figure of each process, by the label `process`. */
const figures = async (name: string): Promise<Record<string, number>> => {
  const metrics = await (await fetch(`${operationsUrl}/metrics`)).text();
  const found = metrics.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, 'gm'));
  return Object.fromEntries(
    [...found].map(([, labels, figure]) => [/process="(\w+)"/.exec(labels ?? '')?.[1] ?? '', Number(figure)]),
  );
};

const isUp = async (): Promise<void> =>
  expect(await health()).toMatchObject({ live: true, dependencies: { 'process 1': 'up', 'process 2': 'up' } });

const logged = z.object({ process: z.string().optional(), msg: z.string(), child_pid: z.number().optional() });

/** The id of a process, as the primary has logged it at its last start. */
const pidOf = (number: 1 | 2): number => {
  const started = lines
    .map((line) => logged.parse(JSON.parse(line)))
    .findLast(({ msg }) => msg === `process ${number} starts`);
  return started?.child_pid ?? NaN;
};

/** So many sockets, of which each process has some: connections go to the processes in turn. */
const open = async (count: number): Promise<Record<string, number>> => {
  const api = new Api(`http://127.0.0.1:${gateway.port}`, shop.staff.session);
  for (let n = 0; n < count; n += 1) sockets.push(await Socket.open(api));
  return vi.waitFor(async () => {
    const clients = await figures('gateway_clients');
    const { '1': first = 0, '2': second = 0 } = clients;
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(0);
    expect(first + second).toBe(sockets.length);
    return clients;
  }, soon);
};

const sees = (socket: Socket, id: string) => socket.next('new_order', ({ data }) => data.id === id);
const place = () => shop.customer.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);

test.beforeAll(async ({ shop: opened }) => {
  shop = opened;
  const [port, opsPort] = [await freePort(), await freePort()];
  operationsUrl = `http://127.0.0.1:${opsPort}`;
  const env = { ...shop.system.territory.env, ...shop.system.addresses, GATEWAY_PROCESSES: '2' };
  gateway = await startPart({ name: 'gateway', port, opsPort, env, onLine: (line) => lines.push(line) });
  await vi.waitFor(isUp, { ...soon, timeout: 100_000 });
});

afterEach(async () => {
  await Promise.all(sockets.map((socket) => socket.close()));
  sockets = [];
});

afterAll(() => gateway.stop());

test('two processes serve one port: both have clients, and all of these get each event', async () => {
  await open(4);
  const { id } = await place();
  await Promise.all(sockets.map((socket) => sees(socket, id)));
});

test('the port for operators tells of both, and logs say which one writes', async () => {
  await open(4);
  // A process that is busy with something else may answer too late.
  await vi.waitFor(async () => {
    const page = await health();
    expect(page).toMatchObject({ name: 'gateway', live: true, clients: 4, max_clients: 20_000 });
    expect(page.dependencies).toEqual({
      ...{ redis: 'up', users: 'up', orders: 'up', bridge: 'up' },
      ...{ 'process 1': 'up', 'process 2': 'up' },
    });
    for (const name of ['process_cpu_seconds_total', 'process_start_time_seconds'])
      expect(Object.keys(await figures(name)).sort()).toEqual(['1', '2', 'primary']);
    expect(await figures('gateway_stream_live')).toEqual({ 1: 1, 2: 1 });
  }, soon);
  const writers = new Set(lines.map((line) => logged.parse(JSON.parse(line)).process));
  expect(writers).toEqual(new Set(['primary', '1', '2']));
});

test('a process that hangs is told as down, and the figures of the other one come nevertheless', async () => {
  process.kill(pidOf(2), 'SIGSTOP');
  try {
    await vi.waitFor(async () => {
      expect((await health()).dependencies).toMatchObject({ 'process 1': 'up', 'process 2': 'down' });
      expect(Object.keys(await figures('gateway_clients'))).toEqual(['1']);
    }, soon);
  } finally {
    process.kill(pidOf(2), 'SIGCONT');
  }
  await vi.waitFor(isUp, soon);
});

test('a process that is killed is started again, while the clients of the other one go on', async () => {
  const clients = await open(4);
  process.kill(pidOf(1), 'SIGKILL');
  const closed: Socket[] = [];
  for (const socket of sockets) void socket.closed.then(() => closed.push(socket));
  await vi.waitFor(() => expect(closed).toHaveLength(clients['1'] ?? NaN), soon);
  const { id } = await place();
  sockets = sockets.filter((socket) => !closed.includes(socket));
  await Promise.all(sockets.map((socket) => sees(socket, id)));

  await vi.waitFor(isUp, soon);
  await open(4);
  const metrics = await (await fetch(`${operationsUrl}/metrics`)).text();
  expect(metrics).toMatch(/^gateway_process_crashes_total\{of="1",.*\} 1$/m);
  expect(metrics).toMatch(/^gateway_process_crashes_total\{of="2",.*\} 0$/m);
});

test('asked to stop, even twice, all processes say farewell to their clients, and the gateway ends well', async () => {
  await open(4);
  const members = [pidOf(1), pidOf(2)];
  const stopping = gateway.stop();
  // As a service manager does that signals every process of a group.
  for (const pid of members) process.kill(pid, 'SIGTERM');
  await Promise.all(sockets.map((socket) => socket.next('move')));
  for (const { closed } of sockets) expect(await closed).toMatchObject({ reason: 'going_away' });
  expect(await stopping).toBe(true);
  expect(await gateway.exited).toMatchObject({ code: 0 });
  for (const pid of members) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test.for<[string, (port: number) => Record<string, string>, RegExp]>([
  ['a setting that is wrong', () => ({ MAX_CLIENTS: '0' }), /^gateway cannot start: MAX_CLIENTS: /],
  ['a port that is taken', () => ({}), /"msg":"process \d failed, so the process stops"/],
])('%s ends a gateway of several processes with a failure', async ([, settings, reason]) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = z.object({ port: z.number() }).parse(taken.address());
  const env = { ...shop.system.territory.env, ...shop.system.addresses, GATEWAY_PROCESSES: '2', ...settings(port) };
  const said: string[] = [];
  const failing = createTestPart({ name: 'gateway', port, env, onLine: (line) => said.push(line) });
  await expect(failing.start()).rejects.toThrow('gateway stopped (exit code 1) before it was ready');
  expect(said).toContainEqual(expect.stringMatching(reason));
  taken.close();
});
