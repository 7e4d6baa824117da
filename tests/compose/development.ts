import { once } from 'node:events';
import { connect } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { type Checks, must } from './checks.ts';
import { Client } from './client.ts';
import { logInByForm, readLoginPage } from './dashboard.ts';
import { freePort, type Stack } from './docker.ts';
import { parts } from './parts.ts';

const password = 'password123';
const replicas = 3;

const portVariables = ['GATEWAY_PORT', 'FRONTEND_PORT', 'USERS_PORT', 'POSTGRES_PORT', 'REDIS_PORT', 'KAFKA_PORT'];

/** Moves every published port to a free one. */
export const developmentSettings = async (): Promise<Record<string, string>> => {
  const moved: Record<string, string> = {};
  for (const name of portVariables) moved[name] = await freePort();
  return moved;
};

const reach = async (port: number): Promise<void> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
};

const bring = async (checks: Checks, stack: Stack, settings: Record<string, string>): Promise<void> => {
  await checks.step('development: services and ports as documented', async () => {
    await stack.set({});
    const published = await stack.published();
    const expected = Object.fromEntries(Object.entries(parts).map(([service, part]) => [service, part.published]));
    must(isDeepStrictEqual(published, expected), `it publishes ${JSON.stringify(published)}`);
    await stack.set(settings);
  });
  await checks.step('development: images build', () => stack.run('build'));
  await checks.step('development: up, all healthy', () => stack.up('--build'));
  await checks.step('development: containers', async () => {
    const containers = await stack.containers();
    for (const [service, { name }] of Object.entries(parts)) {
      const found = containers.filter((container) => container.Service === service);
      must(found.length === 1 && found[0]?.Health === 'healthy', `${service} is not one healthy container`);
      must(name === null || found[0].Name === name, `${service} runs as ${found[0].Name}`);
    }
  });
};

/** Follows one order from the customer's POST to the socket of the staff; returns its id. */
const quickStart = async (checks: Checks, gateway: string, dashboard: string): Promise<string> => {
  const visitor = new Client(gateway);
  const [staff, customer] = await checks.step('quick start: staff and customer log in', () =>
    Promise.all([visitor.login('staff@example.com', password), visitor.login('customer@example.com', password)]),
  );
  const live = await checks.step('quick start: the socket says welcome', () => staff.openSocket());
  const placed = await checks.step('quick start: an order reaches the socket', async () => {
    const created = await customer.placeOne();
    await live.seeOrder('new_order', created);
    return created;
  });
  await checks.step('quick start: staff move it, and it follows', async () => {
    await live.seeOrder('order_status_update', await staff.move(placed.id, 'confirmed'));
    await live.seeOrder('order_status_update', await staff.move(placed.id, 'preparing'));
  });
  await checks.step('quick start: the dashboard shows it', async () => {
    const page = await readLoginPage(dashboard, gateway.replace(/^http/, 'ws'));
    must(page.includes(password), 'the login page does not tell the demo accounts');
    const board = await logInByForm(dashboard, 'staff@example.com', password);
    must(board.includes(String(placed.number)), `order ${placed.number} is not on the board`);
  });
  live.close();
  return placed.id;
};

const scale = async (checks: Checks, stack: Stack, gateway: string): Promise<void> => {
  await checks.step(`scale: ${replicas} replicas of the orders service`, () =>
    stack.up('--no-recreate', '--scale', `orders-service=${replicas}`),
  );
  const [live, customer] = await checks.step('scale: log in again', async () => {
    const visitor = new Client(gateway);
    const staff = await visitor.login('staff@example.com', password);
    return Promise.all([staff.openSocket(), visitor.login('customer@example.com', password)]);
  });
  await checks.step('scale: orders placed at each replica reach the socket', async () => {
    for (let index = 1; index <= replicas; index += 1) {
      const address = (await stack.run('port', '--index', String(index), 'orders-service', '3001')).trim();
      await live.seeOrder('new_order', await customer.placeOneAt(`http://${address}`));
    }
  });
  await checks.step('scale: 30 orders at once through the gateway', async () => {
    const placed = await Promise.all(Array.from({ length: 30 }, () => customer.placeOne()));
    for (const order of placed) await live.seeOrder('new_order', order);
  });
  live.close();
};

/** The development file: quick start, three replicas, stop and start again. */
export const tryDevelopment = async (checks: Checks, stack: Stack, settings: Record<string, string>): Promise<void> => {
  const gateway = `http://localhost:${settings.GATEWAY_PORT ?? ''}`;
  const dashboard = `http://localhost:${settings.FRONTEND_PORT ?? ''}`;
  await bring(checks, stack, settings);
  await checks.step('development: every published port answers', async () => {
    for (const port of Object.values(settings)) await reach(Number(port));
  });
  const id = await quickStart(checks, gateway, dashboard);
  await scale(checks, stack, gateway);
  await checks.step('development: stops by itself, without force', async () => {
    await stack.run('stop');
    const stopped = await stack.containers();
    const forced = stopped.filter(({ Service, ExitCode }) => Service !== 'kafka' && ExitCode !== 0);
    must(forced.length === 0, forced.map(({ Name, ExitCode }) => `${Name} ended with ${ExitCode}`).join(', '));
  });
  await checks.step('development: starts again with its data', async () => {
    await stack.up('--scale', 'orders-service=1');
    const staff = await new Client(gateway).login('staff@example.com', password);
    const { status } = await staff.order(id);
    must(status === 'preparing', `the order is ${status}`);
  });
};
