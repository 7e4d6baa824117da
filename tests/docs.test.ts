import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { errorCatalogue } from '@live-orders/contracts/rest/errors.ts';
import { deadLetterTopic } from '@live-orders/contracts/kafka/dead-letters.ts';
import { eventHeaders } from '@live-orders/contracts/kafka/headers.ts';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { eventCatalogue, eventTypes } from '@live-orders/contracts/domain/events.ts';
import { movesFrom, orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import { order, orderItem } from '@live-orders/contracts/domain/orders.ts';
import { product } from '@live-orders/contracts/domain/products.ts';
import { account, user } from '@live-orders/contracts/domain/users.ts';
import { securityEventCatalogue } from '@live-orders/contracts/audit/security-events.ts';
import { orderHistory } from '@live-orders/contracts/rest/orders.ts';
import { securityEntry } from '@live-orders/contracts/rest/security-events.ts';
import { stockMovement } from '@live-orders/contracts/rest/products.ts';
import { savedView } from '@live-orders/contracts/rest/views.ts';
import { session } from '@live-orders/contracts/rest/users.ts';
import { entryFields, redisKeys, securityEventStream, stateFields } from '@live-orders/contracts/redis/keyspace.ts';
import { closeCodes } from '@live-orders/contracts/socket/close-codes.ts';
import { resyncReasons, serverMessage } from '@live-orders/contracts/socket/messages.ts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { toCsv } from '../services/orders/src/orders/export.ts';
import { defaultTargets } from '../services/orders/src/orders/due-times.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');
const rest = read('docs/rest.md');
const events = read('docs/events.md');
const realtime = read('docs/realtime.md');

/** The cells of every table row in a text, without the marks of code. */
const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', ''))
        .slice(1, -1),
    );

/** What stands under a heading of the second level. */
const section = (text: string, heading: string): string =>
  text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';

const files = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: (path) => /(^|\/)(node_modules|\.local|build)(\/|$)/.test(path) });

const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

describe('docs/rest.md', () => {
  test('has the catalogue of errors, no more and no less', () => {
    const documented = rows(section(rest, 'Errors')).filter(([status]) => /^\d{3}$/.test(status ?? ''));
    const wanted = Object.entries(errorCatalogue).map(([code, { status }]) => `${status} ${code}`);
    expect(documented.map(([status, code]) => `${status} ${code}`).sort()).toEqual(wanted.sort());
  });

  test('has every address of the services', () => {
    const routes = ['users', 'orders'].flatMap((service) =>
      files(`services/${service}/src/routes/*.ts`).flatMap((file) =>
        [...read(file).matchAll(/method: '(\w+)',\s+path: '([^']+)'/g)].map(
          ([, method = '', path]) => `${method.toUpperCase()} /${service}/api${path}`,
        ),
      ),
    );
    expect(routes.length).toBeGreaterThan(15);
    const documented = rows(section(rest, 'Addresses')).flatMap(([calls = '']) => calls.split(', '));
    for (const route of routes) expect(documented).toContain(route);
    const forwarded = documented.filter((call) => call.includes('/api/'));
    expect(forwarded.filter((call) => !routes.includes(call))).toEqual([]);
  });

  test('has the transition table', () => {
    const documented = Object.fromEntries(
      rows(section(rest, 'Statuses')).flatMap(([from = '', to = '']) =>
        from.split(', ').map((status) => [status, to === 'final' ? [] : to.split(', ')]),
      ),
    );
    for (const status of orderStatuses) expect(documented[status]).toEqual(movesFrom(status));
  });

  /** The names that a row of the table of shapes has; what stands in brackets explains one. */
  const shapeNames = (shape: string): string[] => {
    const row = section(rest, 'Shapes')
      .split('\n')
      .find((line) => line.startsWith(`| ${shape} |`));
    return matches(row?.replace(/\([^)]*\)/g, '') ?? '', /`(\w+)`/g);
  };

  test.each([
    ['order', order],
    ['item', orderItem],
    ['step', orderHistory.shape.data.element],
    ['product', product],
    ['movement', stockMovement],
    ['view', savedView],
    ['user', user],
    ['security event', securityEntry],
    ['session', session],
  ])('has the members of the shape %s', (name, { shape }) => {
    expect(shapeNames(name).sort()).toEqual(Object.keys(shape).sort());
  });

  test('has the members of an account beside those of a user', () => {
    const more = Object.keys(account.shape).filter((name) => !(name in user.shape));
    expect(shapeNames('account').sort()).toEqual(more.sort());
  });

  test('says which members of an order are for staff only', () => {
    const [, members = ''] = /\| order \|.*; for staff also (.*)\|/.exec(rest) ?? [];
    const optional = Object.entries(order.shape).filter(([, schema]) => schema instanceof z.ZodOptional);
    expect(matches(members, /`(\w+)`/g)).toEqual(optional.map(([name]) => name));
  });

  test('has the columns of an export as CSV', async () => {
    async function* nothing() {}
    const columns = async (forTeam: boolean): Promise<string[]> =>
      (await Array.fromAsync(toCsv(nothing(), { forTeam, bom: false }))).join('').trim().split(',');
    const [, shared = '', forTeam = ''] = /^An export as CSV has([^.]*), and for the team([^.]*)\./m.exec(rest) ?? [];
    const documented = matches(shared, /`(\w+)`/g);
    expect(documented).toEqual(await columns(false));
    expect([...documented, ...matches(forTeam, /`(\w+)`/g)]).toEqual(await columns(true));
  });
});

test('docs/events.md has every topic, event type, header, and key, field and message of Redis', () => {
  const names = [
    ...Object.values(aggregates).flatMap(({ topic, channel }) => [topic, channel]),
    deadLetterTopic,
    ...eventTypes.flatMap((type) => [type, eventCatalogue[type].redis]),
    ...Object.keys(eventHeaders.shape),
    ...Object.values(redisKeys('')),
    securityEventStream(''),
    ...Object.values(entryFields),
    ...Object.values(stateFields),
  ];
  for (const name of names) expect(events).toContain(`\`${name}\``);
});

describe('docs/security-events.md', () => {
  const text = read('docs/security-events.md');

  test('has every type, its outcome and its details', () => {
    const documented = rows(text.split('\n## ')[0] ?? '').slice(1);
    const wanted = Object.entries(securityEventCatalogue).map(
      ([type, { outcome, details }]) => `${type} ${outcome} ${Object.keys(details.shape).join(', ')}`,
    );
    expect(documented.map(([type, outcome, , details]) => `${type} ${outcome} ${details}`).sort()).toEqual(
      wanted.sort(),
    );
  });

  test('has every member', () => {
    const documented = rows(section(text, 'What an event says')).flatMap(([names = '']) => names.split(', '));
    expect(documented.filter((name) => name in securityEntry.shape).sort()).toEqual(
      Object.keys(securityEntry.shape).sort(),
    );
  });
});

describe('docs/realtime.md', () => {
  test('has every message', () => {
    const known = serverMessage.options.map(({ shape }) => shape.event.value);
    const documented = rows(section(realtime, 'Frames')).map(([event = '']) => event);
    expect(documented.filter((event) => event !== 'event').sort()).toEqual(known.sort());
  });

  test('has every close code, and whether to come back', () => {
    const documented = rows(section(realtime, 'What a client has to do'));
    for (const [reason, { code, reconnect }] of Object.entries(closeCodes)) {
      const [, meaning, back] = documented.find(([given]) => given === String(code)) ?? [];
      expect(meaning).toContain(`${reason}:`);
      expect(back?.startsWith('yes')).toBe(reconnect);
    }
  });

  test('has every reason to resync', () => {
    for (const reason of resyncReasons) expect(realtime).toContain(`\`${reason}\``);
  });
});

describe('README.md', () => {
  const variables = section(readme, 'Environment variables');
  const documented = new Set(rows(variables).flatMap(([names = '']) => matches(names, /\b([A-Z][A-Z_]+)\b/g)));

  test.each([...files('**/.env*.example'), ...files('docker-compose*.yml')])('has every variable of %s', (file) => {
    const names = matches(read(file), file.endsWith('.yml') ? /\$\{([A-Z_]+)/g : /^(?:# )?([A-Z][A-Z_]+)=/gm);
    expect(names).not.toEqual([]);
    expect([...new Set(names)].filter((name) => !documented.has(name))).toEqual([]);
  });

  test('has no variable that nobody reads', () => {
    const sources = [
      ...files('**/.env*.example'),
      ...files('docker-compose*.yml'),
      ...files('{services/*,gateway}/src/{main,config}.ts'),
      'services/runtime/src/process/config.ts',
    ].map(read);
    expect([...documented].filter((name) => !sources.some((source) => source.includes(name)))).toEqual([]);
  });

  test('has the columns of orders and products', () => {
    const tables = new Map(rows(section(readme, 'Database')).map(([table = '', columns = '']) => [table, columns]));
    const columnsOf = (table: string) =>
      tables
        .get(table)
        ?.replace(/ \([^)]*\)/g, '')
        .split(', ')
        .sort();
    const { items: _items, ...columns } = order.shape;
    expect(columnsOf('orders')).toEqual([...Object.keys(columns), 'search'].sort());
    expect(columnsOf('products')).toEqual([...Object.keys(product.shape), 'search'].sort());
  });

  test('has every status in its picture', () => {
    const [, picture = ''] = /```text\n(.*?)```/s.exec(section(readme, 'Database')) ?? [];
    for (const status of orderStatuses) expect(picture).toContain(status);
  });

  test('has every dependency', () => {
    const named = z.record(z.string(), z.string()).default({});
    const manifest = z.object({ dependencies: named, devDependencies: named, optionalDependencies: named });
    const names = files('**/package.json')
      .map((file) => manifest.parse(JSON.parse(read(file))))
      .flatMap((all) => Object.values(all).flatMap((group) => Object.keys(group)))
      .filter((name) => !/^@(live-orders|types)\//.test(name));
    const list = section(readme, 'Dependencies');
    expect([...new Set(names)].filter((name) => !list.includes(`\`${name}\``))).toEqual([]);
  });

  test('names npm scripts that exist, and all of them', () => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    const used = new Set(matches(readme, /npm (?:run )?(start|test\b(?!:)|(?<=run )[\w:]+)/g));
    expect([...used].sort()).toEqual(Object.keys(scripts).sort());
  });
});

test('README.md and the example of a configuration have the targets of the table of statuses', () => {
  const [, inReadme] = rows(readme).find(([name]) => name === 'ORDER_TARGETS') ?? [];
  expect(inReadme).toBe(defaultTargets);
  expect(matches(read('services/orders/.env.example'), /^ORDER_TARGETS=(.*)$/gm)).toEqual([defaultTargets]);
});

test('CONTRIBUTING.md names files and folders that exist', () => {
  const named = matches(read('CONTRIBUTING.md'), /`([\w./()[\]-]+\/[\w./()[\]-]*)`/g);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

describe('SECURITY.md', () => {
  const security = read('SECURITY.md');
  const requirements = rows(section(security, 'ASVS')).filter(([number]) => /^\d+\.\d+\.\d+$/.test(number ?? ''));

  test('says of every secret of production how it is changed', () => {
    const secrets = new Set(matches(read('docker-compose.prod.yml'), /\$\{([A-Z_]+):\?/g));
    expect(secrets.size).toBeGreaterThan(3);
    const documented = rows(section(security, 'Changing a secret')).map(([name = '']) => name);
    expect(documented.filter((name) => /^[A-Z_]+$/.test(name)).sort()).toEqual([...secrets].sort());
  });

  test('names files that exist', () => {
    const named = matches(security, /`((?:[\w.()[\]-]+\/)+[\w.()[\]-]+)`/g);
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('has each requirement once, with its state, and what shows it where it is met', () => {
    expect(requirements.length).toBeGreaterThan(100);
    expect(new Set(requirements.map(([number]) => number)).size).toBe(requirements.length);
    for (const [number, , , state = '', shown = ''] of requirements) {
      expect(['met', 'part', 'not met', 'does not apply'], number).toContain(state);
      if (state === 'met' || state === 'part') expect(shown, number).toMatch(/\.(ts|svelte|md|yml|dockerignore)\b/);
      if (state === 'does not apply') expect(shown, number).not.toBe('');
    }
  });
});

const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...files('docs/*.md')];

test.each(documents)('every link of %s leads somewhere', (file) => {
  const text = read(file);
  for (const link of matches(text, /\]\(([^)\s]+)\)/g).filter((one) => !/^https?:/.test(one))) {
    const [path = '', anchor] = link.split('#');
    const target = path ? join(root, dirname(file), path) : join(root, file);
    expect(existsSync(target), `${link} in ${file}`).toBe(true);
    if (!anchor) continue;
    const headings = matches(read(relative(root, target)), /^#+ (.+)$/gm).map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(headings, `${link} in ${file}`).toContain(anchor);
  }
});
