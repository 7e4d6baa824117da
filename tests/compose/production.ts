import { randomBytes, randomUUID } from 'node:crypto';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type Checks, must } from './checks.ts';
import { Client } from './client.ts';
import { readLoginPage } from './dashboard.ts';
import { freePort, type Stack } from './docker.ts';

const secret = (): string => randomBytes(32).toString('hex');
const secrets = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'JWT_SECRET', 'PASSWORD_PEPPER', 'PROXY_SECRET'];
const origin = 'https://orders.example.com';
const processes = ['users-service', 'orders-service', 'bridge', 'gateway', 'frontend'];

/** Settings as an operator would make them, for images under a name of their own. */
export const productionSettings = async (project: string): Promise<Record<string, string>> => ({
  ...Object.fromEntries(secrets.map((name) => [name, secret()])),
  ORIGIN: origin,
  PUBLISH_ADDRESS: '127.0.0.1',
  GATEWAY_PORT: await freePort(),
  FRONTEND_PORT: await freePort(),
  IMAGE_PREFIX: project,
});

const refusals = async (checks: Checks, stack: Stack, settings: Record<string, string>): Promise<void> => {
  for (const name of secrets) {
    await checks.step(`production: refuses to start without ${name}`, async () => {
      await stack.set({ ...settings, [name]: '' });
      const { code, stderr } = await stack.try(['up', '--detach']);
      must(code !== 0 && stderr.includes(`set ${name}`), `docker compose up ended with ${code}: ${stderr}`);
    });
  }
  const weak = [
    ['JWT_SECRET', 'development-only-secret-do-not-use-in-production'],
    ['JWT_SECRET', 'secret'],
    ['BCRYPT_COST', '4'],
  ] as const;
  for (const [name, value] of weak) {
    await checks.step(`production: refuses ${name}=${value}`, async () => {
      await stack.set({ ...settings, [name]: value });
      const { code, stderr } = await stack.try(['run', '--rm', '--no-deps', '-T', 'users-service']);
      must(
        code === 1 && new RegExp(`cannot start: .*${name}`).test(stderr),
        `the users service ended with ${code}: ${stderr}`,
      );
    });
  }
  await stack.set(settings);
};

const hardening = async (checks: Checks, stack: Stack): Promise<void> => {
  await checks.step('production: only gateway and dashboard are published', async () => {
    const published = (await stack.containers()).filter((one) =>
      one.Publishers?.some((port) => port.PublishedPort > 0),
    );
    const names = published.map(({ Service }) => Service).sort();
    must(names.join() === 'frontend,gateway', `published: ${names.join(', ')}`);
  });
  await checks.step('production: no root, no writing, no capabilities', async () => {
    const probe = `
      const [, caps] = /CapBnd:\\s*(\\w+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'));
      let code = 'none';
      try { require('fs').writeFileSync('/app/probe', ''); } catch (error) { code = error.code; }
      console.log(process.getuid(), code, Number('0x' + caps));`;
    for (const service of processes) {
      const said = (await stack.run('exec', '-T', service, 'node', '-e', probe)).trim();
      must(said === '1000 EROFS 0', `${service} has user, write error, capabilities ${said}`);
    }
  });
  await checks.step('production: the gateway has no way to the database', async () => {
    const probe = `require('dns').lookup(process.argv[1], (error) => process.exit(error ? 0 : 1))`;
    for (const host of ['postgres', 'kafka']) await stack.run('exec', '-T', 'gateway', 'node', '-e', probe, host);
  });
};

const query = (stack: Stack, statement: string): Promise<string> => {
  const psql = ['psql', '-q', '-v', 'ON_ERROR_STOP=1', '-U', 'live_orders', '-d', 'live_orders', '-c', statement];
  return stack.run('exec', '-T', 'postgres', ...psql);
};

const use = async (checks: Checks, stack: Stack, gateway: string): Promise<void> => {
  const visitor = new Client(gateway);
  await checks.step('production: there are no demo accounts', async () => {
    const body = { email: 'admin@example.com', password: 'password123' };
    const { status } = await visitor.send('POST', calls.login.path, { body });
    must(status === 401, `the demo account's login answered ${status}`);
  });
  await checks.step('production: the gateway lets in the configured page alone', async () => {
    const headers = { 'access-control-request-method': 'GET' };
    for (const [page, expected] of Object.entries({ [origin]: origin, 'http://localhost:3003': null })) {
      const answer = await fetch(`${gateway}/`, { method: 'OPTIONS', headers: { ...headers, origin: page } });
      const allowed = answer.headers.get('access-control-allow-origin');
      must(allowed === expected, `${page} is told ${allowed}`);
    }
  });
  await checks.step('production: an order reaches the socket of the staff', async () => {
    const password = secret();
    const customer = await visitor.enrol('first@example.com', password, 'First Customer');
    await visitor.enrol('team@example.com', password, 'First Colleague');
    await query(stack, `UPDATE users SET role = 'staff' WHERE email = 'team@example.com'`);
    await query(
      stack,
      `INSERT INTO products (id, name, description, price, currency, stock, created_at, updated_at)
       VALUES ('${randomUUID()}', 'Kettle', 'Boils water', 2490, 'USD', 5, now(), now())`,
    );
    const staff = await visitor.login('team@example.com', password);
    const live = await staff.openSocket();
    const placed = await customer.placeOne();
    await live.seeOrder('new_order', placed);
    await live.seeOrder('order_status_update', await staff.move(placed.id, 'confirmed'));
    live.close();
  });
};

/** The production file: refusals, hardening, and one order from end to end. */
export const tryProduction = async (checks: Checks, stack: Stack, settings: Record<string, string>): Promise<void> => {
  const gateway = `http://127.0.0.1:${settings.GATEWAY_PORT ?? ''}`;
  await checks.step('production: images build', () => stack.run('build'));
  await refusals(checks, stack, settings);
  await checks.step('production: up, all healthy', () => stack.up('--build'));
  await hardening(checks, stack);
  await use(checks, stack, gateway);
  await checks.step('production: the login page answers, through the gateway and at its own port', async () => {
    const page = await readLoginPage(gateway, origin.replace('https', 'wss'));
    must(!page.includes('password123'), 'the login page tells demo accounts');
    const own = `wss://127.0.0.1:${settings.GATEWAY_PORT ?? ''}`;
    await readLoginPage(`http://127.0.0.1:${settings.FRONTEND_PORT ?? ''}`, own);
  });
  await checks.step('production: three replicas of the orders service', () =>
    stack.up('--no-recreate', '--scale', 'orders-service=3'),
  );
};
