import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { afterAll, describe, expect } from 'vitest';
import { type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { testPassword } from '@live-orders/test-support/clients/api.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { hostileNames as names, leftNames } from '../../dashboard/src/lib/testing/hostile-text.ts';

const widths = [360, 720, 768, 1024, 1440, 2560];

let site: Site;
let admin: Visitor;
let customer: Visitor;
let order: Order;

test.beforeAll(async ({ site: opened, database }) => {
  site = opened;
  const buyer = await site.anybody.register(names['a long word'].slice(0, 100));
  const lines = [];
  for (let n = 0; n < 31; n += 1) {
    const name = n === 0 ? 'Gold bar' : (Object.values(names)[n - 2] ?? `Line ${n} ${crypto.randomUUID()}`);
    // All lines together come to a thousand million dollars.
    const price = n === 0 ? 100_000_000 : 1;
    const { id } = await site.admin.call(calls.createProduct, { body: { name, price, stock: 1000 } });
    lines.push({ product_id: id, quantity: n === 0 ? 1000 : 1 });
  }
  order = await buyer.placeOrder(lines, `${names['right to left']} ${names['a long word']} ${names.markup}`);
  for (const name of [names['right to left'], names.emoji]) {
    const other = await site.anybody.register(name);
    await other.placeOrder(lines.slice(1, 7), name);
  }
  await database.query('UPDATE order_items SET name = $1 WHERE order_id = $2 AND quantity = 1000', [
    leftNames.mirror,
    order.id,
  ]);
  await database.query('UPDATE order_items SET name = $1 WHERE order_id = $2 AND product_id = $3', [
    ...[leftNames.invisible, order.id, lines[1]?.product_id],
  ]);
  const at = { viewport: { width: 1440, height: 900 } };
  [admin, customer] = await Promise.all([site.visit('hostile-admin', at), site.visit('hostile-customer', at)]);
  await admin.login('admin@example.com');
  await customer.login(buyer.session?.user.email ?? '', testPassword);
});

afterAll(async () => {
  await Promise.all([admin, customer].map((visitor) => visitor.leave()));
});

/** What sticks out of the window, or out of the nearest element around it that cuts off or scrolls, in words. */
const sticksOut = `(() => {
  // What is clipped without a sign of it is lost as much as what sticks out.
  const cuts = (element) => !['visible', 'clip'].includes(getComputedStyle(element).overflowX);
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || element.closest('.sr-only, svg')) continue;
    let around = element.parentElement;
    while (around && !cuts(around)) around = around.parentElement;
    if (around && around !== document.body && around !== document.documentElement) continue;
    if (box.right > innerWidth + 1 || box.left < -1) found.push(element.tagName + ' ' + element.textContent.slice(0, 40) + ' to ' + box.right);
  }
  for (const cell of document.querySelectorAll('[role=cell], [role=row][data-order-id]'))
    if (cell.scrollWidth > cell.clientWidth + 1) found.push('out of its cell or row: ' + cell.textContent.slice(0, 40));
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page scrolls sideways');
  return found;
})()`;

const pages: [name: string, visitor: () => Visitor, path: () => string][] = [
  ['the table', () => admin, () => '/?sort=newest'],
  ['the columns', () => admin, () => '/?sort=newest&view=columns'],
  ['an order', () => admin, () => `/orders/${order.number}`],
  ['security', () => admin, () => '/security'],
  ['own orders', () => customer, () => '/'],
  ['an own order', () => customer, () => `/orders/${order.number}`],
  ['a new order', () => customer, () => '/new'],
];

describe.each(pages)('hostile text in %s', (name, visitorOf, pathOf) => {
  test('overflows nothing at any width', async () => {
    const visitor = visitorOf();
    for (const width of widths) {
      await visitor.page.setViewportSize({ width, height: 900 });
      await visitor.page.goto(pathOf());
      await visitor.page.locator('[data-testid=connection][data-phase=live]').waitFor();
      expect([width, await visitor.page.evaluate(sticksOut)]).toEqual([width, []]);
      await visitor.photograph(`${name.replace(/^(an?|the) /, '').replaceAll(' ', '-')}-${width}`);
    }
    expect(visitor.errors).toEqual([]);
  }, 60_000);
});

test('a quantity stands before its product, in whatever direction that is written, and what has no visible name says so', async () => {
  await admin.page.setViewportSize({ width: 1440, height: 900 });
  await admin.page.goto(`/orders/${order.number}`);
  const row = admin.page.locator('article tr', { hasText: names['right to left'] });
  const cells = await row.locator('td').all();
  const boxes = await Promise.all(cells.map((cell) => cell.boundingBox()));
  const lefts = boxes.map((box) => box?.x ?? 0);
  expect(lefts).toEqual(lefts.toSorted((a, b) => a - b));
  await admin.page.locator('article tr', { hasText: '(no visible name)' }).waitFor();
  const mirrored = admin.page.locator('article tr', { hasText: leftNames.mirror });
  expect(await mirrored.locator('bdi').count()).toBe(1);
});
