import type pg from 'pg';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Page, Route } from 'playwright-core';
import { afterAll, expect, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { scrollToRow } from '@live-orders/test-support/browser/long-list.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

/** More final orders than a page holds by itself. */
const many = 2_100;

let site: Site;
let database: pg.Client;
let staff: Visitor;

test.beforeAll(async ({ site: opened, database: connected }) => {
  site = opened;
  database = connected;
  await database.query(
    `INSERT INTO orders (id, number, customer_id, customer_name, status, total_amount, currency, version, created_at, updated_at)
     SELECT gen_random_uuid(), 100000 + n, gen_random_uuid(), 'Many ' || n, 'delivered', n, 'USD', 1,
       now() - n * interval '1 hour', now() - n * interval '1 hour' FROM generate_series(1, ${many}) AS n`,
  );
  await database.query(
    `INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
     SELECT gen_random_uuid(), o.id, (SELECT id FROM products LIMIT 1), 'Stoneware bowl', i, 100, now(), now()
       FROM orders o, generate_series(1, 2) AS i WHERE o.number > 100000`,
  );
  staff = await site.visit('board', { viewport: desktop });
  await staff.login('staff@example.com');
});

afterAll(async () => {
  await staff.leave();
  await database.query('DELETE FROM order_items USING orders o WHERE o.id = order_id AND o.number > 100000');
  await database.query('DELETE FROM orders WHERE number > 100000');
});

/** The board as it opens on a device. */
const openBoard = async (viewport: typeof desktop): Promise<Page> => {
  await staff.page.setViewportSize(viewport);
  await staff.comeHome();
  return staff.page;
};

const placeOrder = async (name?: string) => {
  const customer = await new Api(site.system.gatewayUrl).register(name);
  const [product] = await customer.products();
  return customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
};

test('counts are exact, and follow an order that becomes final', async () => {
  const page = await openBoard(desktop);
  const countOf = async () => {
    const { statuses } = await site.staff.call(calls.getOrderStats, { query: { window: '1h' } });
    return statuses.find(({ status }) => status === 'delivered')?.now ?? 0;
  };
  const shows = (count: number) =>
    page.locator('[data-filter=delivered]').getByText(count.toLocaleString('en'), { exact: true }).waitFor();
  const before = await countOf();
  await shows(before);
  const { id } = await placeOrder();
  for (const status of ['confirmed', 'preparing', 'shipped', 'delivered'] as const) await site.staff.move(id, status);
  await shows(before + 1);
});

test('what is late or mine is counted, and shown alone by a switch, which the address keeps', async () => {
  const page = await openBoard(desktop);
  const row = ({ number }: { number: number }) => page.locator(`[data-order-number="${number}"]`);
  const shown = (queue: string) => page.locator(`[data-queue=${queue}][aria-pressed=true]`);
  const [late, other] = [await placeOrder(), await placeOrder()];
  await database.query(`UPDATE orders SET due_at = now() - interval '12 minutes' WHERE id = $1`, [late.id]);
  await site.staff.call(calls.changeOrder, {
    id: other.id,
    body: { assignee: { id: site.staff.session?.user.id ?? '' } },
  });

  await page.goto('/?queue=late');
  await row(late)
    .getByText(/1[23]:\d\d late/)
    .waitFor();
  await staff.photograph('late');
  expect(await row(other).count()).toBe(0);
  await page.locator('[data-queue=mine]').click();
  await shown('mine').waitFor();
  await row(other).waitFor();
  expect(await row(late).count()).toBe(0);
  const [mine] = /\d+/.exec(await page.locator('[data-queue=mine]').innerText()) ?? [];
  expect(Number(mine)).toBe(await page.locator('[data-order-number]').count());
  await page.reload();
  await shown('mine').waitFor();
  await page.locator('[data-queue=mine]').click();
  await shown('mine').waitFor({ state: 'detached' });
  // What is due first comes first.
  const [first] = await page.locator('[data-order-number]').all();
  await first?.getByText(/:\d\d late/).waitFor();
});

test('where the server does not count, every count says when there are orders that are not here; all can be loaded', async () => {
  const letThrough = await staff.divert('**/stats?*', (route) => route.abort());
  const page = await openBoard(desktop);
  const chip = (filter: string) => page.locator(`[data-filter=${filter}]`);
  for (const filter of ['delivered', 'cancelled', 'all'])
    await chip(filter)
      .getByText(/^[\d,]+\+$/)
      .waitFor();
  await chip('delivered').click();
  const more = page.getByRole('button', { name: 'Load more' });
  const oldest = page.locator(`[data-order-number="${100_000 + many}"]`);
  const all = page.locator('[role=table]:not([aria-rowcount="-1"])');
  await more.waitFor();
  for (;;) {
    await all
      .or(more.and(page.locator('[aria-disabled=false]')))
      .first()
      .waitFor();
    if ((await all.count()) > 0) break;
    await more.click();
  }
  await scrollToRow(page, 100_000 + many);
  await oldest.waitFor();
  await chip('delivered')
    .getByText(/^[\d,]+$/)
    .waitFor();
  for (const filter of ['cancelled', 'all'])
    await chip(filter)
      .getByText(/^[\d,]+\+$/)
      .waitFor();
  await staff.photograph('loaded');

  // What was asked for stays only as long as it is shown.
  await chip('open').click();
  const { number } = await placeOrder();
  await page.locator(`[data-order-number="${number}"]`).waitFor();
  for (const filter of ['delivered', 'all'])
    await chip(filter)
      .getByText(/^[\d,]+\+$/)
      .waitFor();
  await chip('delivered').click();
  await page.getByRole('searchbox').fill(String(100_000 + many));
  await oldest.waitFor();
  // Where no open order is found, the search goes through all others.
  await page.goto(`/?q=${100_000 + many}`);
  await page.getByText('No open order matches').waitFor();
  await oldest.waitFor();
  letThrough();
  expect(staff.errors.filter((error) => !error.includes('ERR_FAILED'))).toEqual([]);
}, 60_000);

test('a search finds names whatever accents are typed, among what is loaded and among what comes later', async () => {
  const loaded = await placeOrder('Lucía Zieliński');
  const page = await openBoard(desktop);
  const row = ({ number }: { number: number }) => page.locator(`[data-order-number="${number}"]`);
  await row(loaded).waitFor();
  const other = await placeOrder('Jane Plain');
  await row(other).waitFor();
  await page.getByRole('searchbox').fill('LUCIA zielinski');
  await row(other).waitFor({ state: 'detached' });
  await row(loaded).waitFor();
  await row(await placeOrder('Luci\u0301a Zieliński')).waitFor();
  expect(staff.errors).toEqual([]);
}, 60_000);

test('the connection says how long changes take, and is a word alone on a phone', async () => {
  const page = await openBoard(desktop);
  const connection = page.getByTestId('connection');
  const { number } = await placeOrder('Who is timed');
  await page.locator(`[data-order-number="${number}"]`).waitFor();
  const lag = /^Live · (\d+0 ms|\d+(\.\d)? s)$/;
  await vi.waitFor(async () => expect((await connection.innerText()).trim()).toMatch(lag), { timeout: 20_000 });
  await staff.photograph('connection');
  await page.setViewportSize(phone);
  expect((await connection.innerText()).trim()).toBe('Live');
  await staff.photograph('phone-connection');
});

test('on a phone the chosen status is in sight, a fade tells of more, and items have a second line', async () => {
  const page = await openBoard(phone);
  const mask = () => page.evaluate("getComputedStyle(document.querySelector('[aria-label=Status]')).maskImage");
  await vi.waitFor(async () => expect(await mask()).toContain('gradient'), { timeout: 20_000 });
  await staff.photograph('phone-open');
  await page.goto('/?status=all');
  const all = page.locator('[data-filter=all]');
  await all.getByText(/^[\d,]+$/).waitFor();
  await vi.waitFor(
    async () => {
      const box = await all.boundingBox();
      expect(box && box.x + box.width).toBeLessThanOrEqual(phone.width);
    },
    { timeout: 20_000 },
  );
  await page.goto('/?status=delivered');
  const items = page.getByText('1 × Stoneware bowl, 2 × Stoneware bowl').first();
  await items.waitFor();
  await staff.photograph('phone-delivered');
  const cells = `[...document.querySelectorAll('[title$="Stoneware bowl"]')]`;
  const cut = 'cell.scrollWidth > cell.clientWidth || cell.scrollHeight > cell.clientHeight';
  expect(await page.evaluate(`${cells}.some((cell) => ${cut})`)).toBe(false);
  await page.setViewportSize(desktop);
  await vi.waitFor(async () => expect(await mask()).toBe('none'), { timeout: 20_000 });
});

test.each(['', '&view=columns'])('what is still being read has the places of what will come (%s)', async (view) => {
  const { page } = staff;
  const held: Route[] = [];
  const stopHolding = await staff.divert('**/orders/api/orders?*', (route) => held.push(route));
  await page.goto(`/?queue=late&q=${crypto.randomUUID()}${view}`);
  await page.getByText('Loading orders…').waitFor({ state: 'attached' });
  await staff.photograph(view ? 'loading-columns' : 'loading-table');
  stopHolding();
  await Promise.all(held.map((route) => route.continue()));
  await page.getByText('No order matches').waitFor();
  expect(await page.getByText('Loading orders…').count()).toBe(0);
});

test('on paper the list has no buttons, and says that it may not be all of it', async () => {
  const page = await openBoard(desktop);
  const words = page.getByText('Printed are only the orders that were in sight');
  const buttons = page.locator('[data-testid=board] [data-order-id] button:visible');
  expect([await words.isVisible(), (await buttons.count()) > 0]).toEqual([false, true]);
  await page.emulateMedia({ media: 'print' });
  await words.waitFor();
  expect(await buttons.count()).toBe(0);
  await staff.photograph('on-paper');
  await page.emulateMedia({ media: 'screen' });
});

test('the panel of figures closes with Escape and by a click beside it, and gives the focus back', async () => {
  const page = await openBoard(desktop);
  const connection = page.getByTestId('connection');
  const panel = page.getByRole('dialog', { name: 'How fresh this page is' });
  // Above the rows, and right of the panel.
  const beside = { position: { x: 1000, y: 5 } };
  const closings = [() => page.keyboard.press('Escape'), () => page.getByRole('main').click(beside)];
  for (const close of closings) {
    await connection.click();
    await panel.waitFor();
    await staff.photograph('panel');
    await close();
    await panel.waitFor({ state: 'detached' });
    await page.locator('[data-testid=connection]:focus').waitFor();
  }
});
