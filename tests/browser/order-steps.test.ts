import type pg from 'pg';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { scrollToRow } from '@live-orders/test-support/browser/long-list.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, beforeEach, describe, expect, vi } from 'vitest';

/** Orders of this file alone, delivered long ago: enough for a search to have rows that are out of sight, and further pages. */
const many = 230;
const base = 300_000;
const name = `Rosa ${crypto.randomUUID()}`;
const search = `?status=all&q=${name.replaceAll(' ', '+')}`;

let database: pg.Client;
let staff: Visitor;
let thumb: Visitor;

test.beforeAll(async ({ site, database: connected }) => {
  database = connected;
  await database.query(
    `INSERT INTO orders (id, number, customer_id, customer_name, search, status, total_amount, currency, version, created_at, updated_at)
     SELECT gen_random_uuid(), $1 + n, '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10', $2, lower($2), 'delivered', n, 'USD', 1,
       now() - interval '400 days' + n * interval '1 minute', now() - interval '400 days' FROM generate_series(1, $3::int) AS n`,
    [base, name, many],
  );
  await database.query(
    `INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
     SELECT gen_random_uuid(), id, (SELECT id FROM products LIMIT 1), 'Stoneware bowl', 1, total_amount, now(), now()
       FROM orders WHERE customer_name = $1`,
    [name],
  );
  await database.query(
    `INSERT INTO order_status_history (order_id, version, to_status, actor_name, actor_role, created_at)
     SELECT id, 1, 'pending', customer_name, 'customer', created_at FROM orders WHERE customer_name = $1`,
    [name],
  );
  [staff, thumb] = await Promise.all([
    site.visit('order-steps', { viewport: desktop, colorScheme: 'dark' }),
    site.visit('order-steps-phone', { viewport: phone, isMobile: true, hasTouch: true }),
  ]);
  await Promise.all([staff.login('staff@example.com'), thumb.login('admin@example.com')]);
});

beforeEach(() => {
  staff.errors.length = 0;
  thumb.errors.length = 0;
});

afterAll(async () => {
  await Promise.all([staff.leave(), thumb.leave()]);
  const ours = '(SELECT id FROM orders WHERE customer_name = $1)';
  for (const table of ['order_status_history', 'order_items'])
    await database.query(`DELETE FROM ${table} WHERE order_id IN ${ours}`, [name]);
  await database.query('DELETE FROM orders WHERE customer_name = $1', [name]);
});

const live = ({ page }: Visitor) => page.locator('[data-testid=connection][data-phase=live]').waitFor();
const row = ({ page }: Visitor, number: number) => page.locator(`[data-testid=board] [data-order-number="${number}"]`);
const topOf = async (visitor: Visitor, number: number): Promise<number> =>
  (await row(visitor, number).boundingBox())?.y ?? Number.NaN;
const heading = ({ page }: Visitor, number: number) =>
  page.getByRole('heading', { level: 1, name: `Order #${number}` }).waitFor();
/** The order beside the board, and from there its page. */
const openPage = async (visitor: Visitor, number: number): Promise<void> => {
  await row(visitor, number).locator('a[data-row-link]').click();
  await visitor.page.getByRole('link', { name: `Open order ${number} as a page` }).click();
  await heading(visitor, number);
};
/** From the page to the order beside the board, and from there to the board. */
const goBackTwice = async ({ page }: Visitor): Promise<void> => {
  await page.goBack();
  await page.getByTestId('drawer').getByRole('button', { name: 'Close' }).click();
};
const steps = ({ page }: Visitor) => page.getByRole('navigation', { name: 'Orders' });
const shown = async ({ page }: Visitor): Promise<string> => {
  const { pathname, search: query } = new URL(page.url());
  return pathname + query;
};

/** The board with the search, an order far down on it in sight, and where its row is. */
const openBoard = async (visitor: Visitor): Promise<{ number: number; top: number }> => {
  await visitor.page.goto(`/${search}`);
  await live(visitor);
  const number = base + many - 60;
  await row(visitor, base + many).waitFor();
  return { number, top: await scrollToRow(visitor.page, number) };
};

/** The board is as it was left, to a few of the 56 px of a row, and the row of the order has the focus. */
const isBack = async (visitor: Visitor, number: number, top: number): Promise<void> => {
  await visitor.page.waitForURL(`/${search}`);
  await row(visitor, number).locator('a:focus').waitFor({ state: 'attached' });
  await vi.waitFor(async () => expect(Math.abs((await topOf(visitor, number)) - top)).toBeLessThanOrEqual(8), {
    timeout: 20_000,
  });
  expect(await visitor.page.getByRole('searchbox').inputValue()).toBe(name);
  expect(await visitor.page.locator('[data-filter=all]').getAttribute('aria-pressed')).toBe('true');
};

describe('whoever comes back from an order finds the board as it was, with the focus on its row', () => {
  test.each([
    [
      'by the link',
      async ({ page }: Visitor) => page.getByRole('main').getByRole('link', { name: 'Orders', exact: true }).click(),
    ],
    ['by the browser’s Back', goBackTwice],
  ] as const)('%s, also after a reload', async (_way, goBack) => {
    for (const visitor of [staff, thumb]) {
      const { number, top } = await openBoard(visitor);
      await openPage(visitor, number);
      expect(await shown(visitor)).toBe(`/orders/${number}`);
      await goBack(visitor);
      await isBack(visitor, number, top);

      await openPage(visitor, number);
      await visitor.page.reload();
      await live(visitor);
      await goBack(visitor);
      await isBack(visitor, number, top);
      await visitor.photograph('back');
      expect(visitor.errors).toEqual([]);
    }
  });

  test('where more rows than usual were loaded, too', async () => {
    await staff.page.goto(`/${search}`);
    await live(staff);
    await row(staff, base + many).waitFor();
    const more = staff.page.getByRole('button', { name: 'Load more' });
    const all = staff.page.locator(`[role=table][aria-rowcount="${many + 1}"]`);
    for (;;) {
      await all
        .or(more.and(staff.page.locator('[aria-disabled=false]')))
        .first()
        .waitFor();
      if ((await all.count()) > 0) break;
      await more.click();
    }
    const top = await scrollToRow(staff.page, base + 1);
    await openPage(staff, base + 1);
    await goBackTwice(staff);
    await isBack(staff, base + 1, top);
  });
});

describe('from an order to the next and previous one of the board', () => {
  test('lead j and k, which keep the focus; the way back leads to the row of the last one', async () => {
    const { number } = await openBoard(staff);
    await openPage(staff, number);
    const copy = staff.page.getByRole('button', { name: /^Copy the number/ });
    await copy.focus();
    await staff.page.keyboard.press('j');
    await heading(staff, number - 1);
    expect(await copy.and(staff.page.locator(':focus')).count()).toBe(1);
    await staff.page.keyboard.press('j');
    await staff.page.keyboard.press('j');
    await heading(staff, number - 3);
    await steps(staff)
      .getByText(/6[34] of \d+/)
      .waitFor();
    await staff.page.keyboard.press('k');
    await heading(staff, number - 2);
    await staff.photograph('steps');
    expect(await violations(staff.page)).toEqual([]);
    // Into a field they are letters.
    await staff.page.getByLabel('Internal note').pressSequentially('jk');
    expect(await shown(staff)).toBe(`/orders/${number - 2}`);
    await staff.page.getByRole('button', { name: 'Discard' }).click();
    await steps(staff).getByRole('link', { name: 'Orders', exact: true }).click();
    await staff.page.waitForURL(`/${search}`);
    await row(staff, number - 2)
      .locator('a:focus')
      .waitFor({ state: 'attached' });
    expect(await row(staff, number - 2).isVisible()).toBe(true);
    expect(staff.errors).toEqual([]);
  });

  test('leads a tap, and none beyond the last', async () => {
    const { number } = await openBoard(thumb);
    await openPage(thumb, number);
    await thumb.page.getByRole('button', { name: 'Next order' }).tap();
    await heading(thumb, number - 1);
    await thumb.page.getByRole('button', { name: 'Previous order' }).tap();
    await heading(thumb, number);
    for (const one of await steps(thumb).locator('a, button').all())
      expect((await one.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await thumb.photograph('steps');
  });

  test('leads nothing where the board has shown nothing', async ({ site }) => {
    const guest = await site.visit('order-steps-guest', { viewport: desktop });
    await guest.page.goto(`/login?next=/orders/${base + 7}`);
    await guest.page.getByLabel('E-mail').fill('staff@example.com');
    await guest.page.getByLabel('Password').fill('password123');
    await guest.page.getByRole('button', { name: 'Log in' }).click();
    await heading(guest, base + 7);
    await live(guest);
    for (const key of ['j', 'k']) await guest.page.keyboard.press(key);
    expect(await guest.page.getByRole('button', { name: 'Next order' }).count()).toBe(0);
    expect(await shown(guest)).toBe(`/orders/${base + 7}`);
    await guest.page.getByRole('main').getByRole('link', { name: 'Orders', exact: true }).click();
    await guest.page.waitForURL('/');
    expect(guest.errors).toEqual([]);
    await guest.leave();
  });
});
