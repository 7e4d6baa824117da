import type pg from 'pg';
import { afterAll, beforeEach, expect, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

/** More final orders than a page reads at once. */
const many = 120;
const firstOld = 300_000;

let site: Site;
let database: pg.Client;
let staff: Visitor;

test.beforeAll(async ({ site: opened, database: connected }) => {
  site = opened;
  database = connected;
  await database.query(
    `INSERT INTO orders (id, number, customer_id, customer_name, status, total_amount, currency, version, created_at, updated_at)
     SELECT gen_random_uuid(), ${firstOld} + n, gen_random_uuid(), 'Old ' || n, 'cancelled', 9000000 + n, 'USD', 1,
       now() - n * interval '1 day', now() - n * interval '1 day' FROM generate_series(1, ${many}) AS n`,
  );
  await database.query(
    `INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
     SELECT gen_random_uuid(), id, (SELECT id FROM products LIMIT 1), 'Stoneware bowl', 1, total_amount, now(), now()
       FROM orders WHERE number > ${firstOld}`,
  );
  staff = await site.visit('sort', { viewport: desktop });
  await staff.login('staff@example.com');
});

beforeEach(() => staff.page.setViewportSize(desktop));

afterAll(async () => {
  await staff.leave();
  await database.query(`DELETE FROM order_items USING orders o WHERE o.id = order_id AND o.number > ${firstOld}`);
  await database.query(`DELETE FROM orders WHERE number > ${firstOld}`);
});

/** An order of somebody new, whose name ends with this word. */
const place = async (word: string, name = 'Ada', quantity = 1) => {
  const customer = await new Api(site.system.gatewayUrl).register(`${name} ${word}`);
  return customer.placeOrder([{ product_id: site.products[0].id, quantity }]);
};
const newWord = () => `w${crypto.randomUUID().slice(0, 8)}`;
const head = (name: string) => staff.page.getByRole('columnheader', { name }).getByRole('button');
const sortedHead = () => staff.page.locator('[role=columnheader][aria-sort]');
const leadsTo = (sort: string | null) => staff.page.waitForURL((url) => url.searchParams.get('sort') === sort);
const numbers = async (): Promise<number[]> => {
  const rows = `[...document.querySelectorAll('[data-order-number]')]`;
  return staff.page.evaluate<number[]>(`${rows}.map((row) => Number(row.dataset.orderNumber))`);
};
const show = (expected: readonly number[]) => vi.waitFor(async () => expect(await numbers()).toEqual(expected), 10_000);
/** The numbers of the orders with this word, as the database sorts them. */
const sortedBy = async (word: string, by: string): Promise<number[]> => {
  const found = await database.query<{ number: number }>(
    `SELECT number FROM orders WHERE customer_name LIKE '%' || $1 ORDER BY ${by}, number DESC`,
    [word],
  );
  return found.rows.map(({ number }) => number);
};

test('the heads of the table say and change how it is sorted, as the address does, old addresses too', async () => {
  await staff.page.goto('/?sort=newest');
  await sortedHead().getByRole('button', { name: 'Order' }).waitFor();
  for (const [name, first, second] of [
    ['Order', 'number', '-number'],
    ['Customer', 'customer', '-customer'],
    ['Total', '-total', 'total'],
    ['Status', 'status', '-status'],
    ['Due', null, '-due'],
  ] as const) {
    for (const sort of [first, second]) {
      await head(name).click();
      await leadsTo(sort);
      expect([await sortedHead().count(), await sortedHead().innerText()]).toEqual([1, name]);
      expect(await sortedHead().getAttribute('aria-sort')).toBe(sort?.startsWith('-') ? 'descending' : 'ascending');
      expect(await staff.page.getByLabel('Sort by').inputValue()).toBe(sort ?? 'due');
    }
  }
});

test('sorted by total both ways, by keyboard, rows stand as in the database, and so do those that come', async () => {
  const word = newWord();
  for (const quantity of [2, 5, 1, 2]) await place(word, 'Ada', quantity);
  await staff.page.goto(`/?q=${word}`);
  await staff.page.locator('[data-order-number]').nth(3).waitFor();
  await head('Total').focus();
  await staff.page.keyboard.press('Enter');
  await leadsTo('-total');
  await show(await sortedBy(word, 'total_amount DESC'));
  await place(word, 'Ada', 3);
  await show(await sortedBy(word, 'total_amount DESC'));
  expect(await numbers()).toHaveLength(5);
  await staff.photograph('total');
  await staff.page.keyboard.press('Space');
  await leadsTo('total');
  await place(word, 'Ada', 4);
  await show(await sortedBy(word, 'total_amount'));
  expect(await numbers()).toHaveLength(6);
  await staff.page.reload();
  await show(await sortedBy(word, 'total_amount'));
  expect(staff.errors).toEqual([]);
});

test('customers are sorted by name, accents after the plain letter', async () => {
  const word = newWord();
  const orders = new Map<string, number>();
  for (const name of ['Zoë', 'Émile', 'ada', 'Emile', 'Ömer']) orders.set(name, (await place(word, name)).number);
  const sorted = ['ada', 'Emile', 'Émile', 'Ömer', 'Zoë'].map((name) => orders.get(name) ?? 0);
  await staff.page.goto(`/?q=${word}&sort=customer`);
  await show(sorted);
  await head('Customer').click();
  await show(sorted.toReversed());
});

test('a row that a change would move stays under the pointer until that leaves', async () => {
  const word = newWord();
  const first = await place(word);
  const second = await place(word);
  await staff.page.goto(`/?q=${word}&sort=status`);
  await show([second.number, first.number]);
  await staff.page.locator(`[data-order-number="${first.number}"]`).hover();
  await site.admin.move(second.id, 'confirmed');
  await staff.page.locator(`[data-order-number="${second.number}"][data-status=confirmed]`).waitFor();
  expect(await numbers()).toEqual([second.number, first.number]);
  await staff.page.getByRole('heading', { name: 'open' }).hover();
  await show([first.number, second.number]);
});

test('older orders are read in the order of the board where the server can, and else it says that some are missing', async () => {
  const { page } = staff;
  const [missing, more] = [
    page.getByText('Only the loaded orders are sorted'),
    page.getByRole('button', { name: 'Load more' }),
  ];
  await page.goto('/?status=cancelled&sort=-total');
  const highest = Array.from({ length: 100 }, (_, n) => firstOld + many - n);
  await vi.waitFor(async () => expect((await numbers()).slice(0, 10)).toEqual(highest.slice(0, 10)), 10_000);
  await more.waitFor();
  expect(await missing.count()).toBe(0);
  await page.goto('/?status=cancelled&sort=-customer');
  await more.waitFor();
  await missing.waitFor();
  await staff.photograph('missing');
  const all = page.locator('.board:not(:has-text("Only the loaded orders are sorted"))');
  const ready = more.and(page.locator('[aria-disabled=false]'));
  for (;;) {
    await all.or(ready).first().waitFor();
    if ((await all.count()) > 0) break;
    await ready.click();
  }
  expect(staff.errors).toEqual([]);
});

test('on a phone and in columns, where there are no heads, the same is chosen from a list', async () => {
  const word = newWord();
  const placed = [await place(word, 'Ada', 1), await place(word, 'Ada', 3), await place(word, 'Ada', 2)];
  const [one, three, two] = placed.map(({ number }) => number);
  await staff.page.setViewportSize(phone);
  await staff.page.goto(`/?q=${word}`);
  await staff.page.getByLabel('Sort by').selectOption('High totals');
  await show([three ?? 0, two ?? 0, one ?? 0]);
  await staff.photograph('phone');
  await staff.page.getByRole('button', { name: 'Columns' }).click();
  await staff.page.getByLabel('Sort by').selectOption('Low totals');
  await show([one ?? 0, two ?? 0, three ?? 0]);
});
