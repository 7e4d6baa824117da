import { presenceAnnouncement, presenceChannel } from '@live-orders/contracts/redis/presence.ts';
import type { Doing, Person } from '@live-orders/contracts/socket/presence.ts';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { startPart } from '@live-orders/test-support/system/part.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { gatewayReady, type System } from '@live-orders/test-support/system/system.ts';

let system: System;
let second: Daemon;
let staff: Api;
let admin: Api;
let customer: Api;
let order: string;
let sockets: Socket[] = [];

const secondUrl = (): string => `http://127.0.0.1:${second.port}`;

test.beforeAll(async ({ shop }) => {
  ({ system, staff, admin, customer } = shop);
  second = await startPart({
    name: 'gateway',
    port: await freePort(),
    env: { ...system.territory.env, ...system.addresses },
    onLine: (line) => void system.lines.push(`second gateway: ${line}`),
  });
  await gatewayReady(secondUrl());
});

afterAll(() => second.stop(8_000));

beforeEach(() => {
  order = crypto.randomUUID();
});

afterEach(async () => {
  await Promise.all(sockets.map((socket) => socket.close()));
  sockets = [];
});

const open = async (api: Api, gateway: 'first' | 'second' = 'first'): Promise<Socket> => {
  const at = gateway === 'first' ? api : new Api(secondUrl(), api.session);
  const socket = await Socket.open(at);
  sockets.push(socket);
  return socket;
};

const look = (socket: Socket, order_id: string | null, doing: Doing = 'viewing'): void =>
  socket.raw.send(JSON.stringify({ event: 'look', order_id, doing }));

/** Who is at the order, as this socket was told last; null before it was told anything. */
const peopleAt = ({ messages }: Socket, order_id: string): Person[] | null => {
  const orders = messages.flatMap((message) => (message.event === 'presence' ? message.data.orders : []));
  return orders.findLast((one) => one.order_id === order_id)?.people ?? null;
};
const seen = (socket: Socket, people: Person[]) =>
  vi.waitFor(() => expect(peopleAt(socket, order)).toEqual(people), { timeout: 30_000, interval: 50 });

const as = (api: Api, doing: Doing): Person => ({
  id: api.session?.user.id ?? '',
  name: api.session?.user.name ?? '',
  doing,
});

test('who looks at an order and who moves it is told to the team at both gateways, also to those who come later', async () => {
  const [here, there] = await Promise.all([open(staff), open(admin, 'second')]);
  look(here, order);
  await Promise.all([here, there].map((socket) => seen(socket, [as(staff, 'viewing')])));
  look(here, order, 'moving');
  await seen(there, [as(staff, 'moving')]);
  look(there, order);
  const both = [as(staff, 'moving'), as(admin, 'viewing')].sort((a, b) => (a.id < b.id ? -1 : 1));
  await seen(here, both);
  for (const gateway of ['first', 'second'] as const) await seen(await open(staff, gateway), both);
  look(here, null);
  await seen(there, [as(admin, 'viewing')]);
  await there.close();
  await seen(here, []);
});

test('customers are not told, and what they say of themselves is passed over', async () => {
  const [outsider, here, there] = await Promise.all([open(customer), open(staff), open(admin, 'second')]);
  look(outsider, order);
  look(here, order);
  await seen(there, [as(staff, 'viewing')]);
  outsider.raw.send(JSON.stringify({ event: 'ping' }));
  await outsider.next('pong');
  expect(outsider.messages.map(({ event }) => event)).not.toContain('presence');
});

test('people at a gateway that is killed vanish, and its successor learns who is elsewhere', async () => {
  const [here, lost] = await Promise.all([open(staff), open(admin, 'second')]);
  look(lost, order);
  await seen(here, [as(admin, 'viewing')]);
  await second.kill();
  await seen(here, []);
  look(here, order);
  await seen(here, [as(staff, 'viewing')]);
  await second.start();
  await gatewayReady(secondUrl());
  const late = await open(admin, 'second');
  await seen(late, [as(staff, 'viewing')]);
});

test('people at a gateway that is asked to stop are gone at once', async () => {
  const [here, moved] = await Promise.all([open(staff), open(admin, 'second')]);
  look(moved, order);
  await seen(here, [as(admin, 'viewing')]);
  const { redisHost, redisPort, prefix } = system.territory;
  const redis = new Redis({ host: redisHost, port: redisPort });
  const words: string[] = [];
  redis.on('message', (_channel, text: string) => words.push(presenceAnnouncement.parse(JSON.parse(text)).event));
  await redis.subscribe(`${prefix}${presenceChannel}`);
  await second.stop(8_000);
  // Its word, and not the end of what it had announced.
  await vi.waitFor(() => expect(words).toContain('bye'), { timeout: 20_000 });
  redis.disconnect();
  await seen(here, []);
  await second.start();
});
