import type pg from 'pg';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, beforeEach, describe, expect, vi } from 'vitest';

/** Open orders of this file alone, which a search shows: number `base + n` is due as the nth, later than all others. */
const many = 3_000;
const base = 500_000;
const name = `Mira ${crypto.randomUUID()}`;
const search = `/?q=${name.replaceAll(' ', '+')}`;
/** However many there are, no more rows than these are in the page: what is in sight, 600 px above and below, and a few that are kept. */
const mostRows = 60;

let site: Site;
let database: pg.Client;
let staff: Visitor;
let buyer: Api;

test.beforeAll(async ({ site: opened, database: connected }) => {
  site = opened;
  database = connected;
  await database.query(
    `INSERT INTO orders (id, number, customer_id, customer_name, search, status, total_amount, currency, note, version, due_at, created_at, updated_at)
     SELECT gen_random_uuid(), $1 + n, '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a11', $2, lower($2), 'preparing', n, 'USD',
       CASE WHEN n % 3 = 0 THEN repeat('Ring twice. ', 1 + n % 20) END, 3, now() + interval '1 day' + n * interval '1 second',
       now() - interval '1 hour', now() - interval '1 hour' FROM generate_series(1, $3::int) AS n`,
    [base, name, many],
  );
  await database.query(
    `INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
     SELECT gen_random_uuid(), o.id, (SELECT id FROM products LIMIT 1), 'Bowl ' || i, i, 100, now(), now()
       FROM orders o, generate_series(1, 6) AS i WHERE o.customer_name = $1 AND i <= 1 + o.number % 6`,
    [name],
  );
  await database.query(
    `INSERT INTO order_status_history (order_id, version, to_status, actor_name, actor_role, created_at)
     SELECT id, 1, 'pending', customer_name, 'customer', created_at FROM orders WHERE customer_name = $1`,
    [name],
  );
  buyer = await new Api(site.system.gatewayUrl).register(name);
  staff = await site.visit('many', { viewport: desktop });
  await staff.login('staff@example.com');
});

beforeEach(async () => {
  await staff.page.setViewportSize(desktop);
  await staff.page.mouse.move(1, 1);
  staff.errors.length = 0;
});

afterAll(async () => {
  await staff.leave();
  const ours = '(SELECT id FROM orders WHERE customer_name = $1)';
  for (const table of ['stock_movements', 'order_status_history', 'order_items'])
    await database.query(`DELETE FROM ${table} WHERE order_id IN ${ours}`, [name]);
  await database.query('DELETE FROM orders WHERE customer_name = $1', [name]);
});

/** Opens the board at its top: what is merely loaded anew is scrolled to where it was. */
const open = async (path = search): Promise<void> => {
  await staff.page.goto('/new');
  await staff.page.goto(path);
  await staff.page.locator('[data-testid=connection][data-phase=live]').waitFor();
  await row(1).waitFor();
};
const row = (n: number) => staff.page.locator(`[data-testid=board] [data-order-number="${base + n}"]`);
const rows = () => staff.page.locator('[data-testid=board] [data-order-id]').count();
const place = () => buyer.placeOrder([{ product_id: site.products[0]?.id ?? '', quantity: 1 }]);

/** Whether it can be seen between what is fixed to the top and the bottom of the window. */
const isInSight = async (n: number, bottom = desktop.height): Promise<void> => {
  await vi.waitFor(
    async () => {
      const box = await row(n).boundingBox();
      expect(box?.y).toBeGreaterThanOrEqual(56);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(bottom);
    },
    { timeout: 20_000 },
  );
};
const hasFocus = (n: number) => row(n).locator('a:focus').waitFor({ state: 'attached' });

/** Scrolls the window, or a column, to a share of its height, until it is there however high the rows have turned out. */
const scrollTo = async (share: number, selector = 'html'): Promise<void> => {
  let last = Number.NaN;
  await vi.waitFor(
    async () => {
      const top = await staff.page.evaluate<number>(`(() => {
        const scroller = document.querySelector('${selector}');
        scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * ${share};
        return scroller.scrollTop;
      })()`);
      const before = last;
      last = top;
      expect(top).toBe(before);
    },
    { timeout: 20_000 },
  );
};

/** The numbers of the rows that are in sight, from the top, and from left to right where they are side by side. */
const inSight = (): Promise<number[]> =>
  staff.page.evaluate<number[]>(`[...document.querySelectorAll('[data-testid=board] [data-order-id]')]
    .map((row) => ({ row, box: row.getBoundingClientRect() }))
    .filter(({ box }) => box.bottom > 56 && box.top < innerHeight)
    .sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)
    .map(({ row }) => row.dataset.orderNumber - ${base})`);

const isWithoutGaps = (numbers: readonly number[]): void => {
  const [first = Number.NaN] = numbers;
  expect(numbers).toEqual(numbers.map((_number, at) => first + at));
};

describe('however many orders are open', () => {
  test.each([
    ['rows', desktop],
    ['cards', phone],
    ['cards side by side', { width: 820, height: 1180 }],
  ])('one scrolls through all, of which few are in the page: %s', async (_what, viewport) => {
    await staff.page.setViewportSize(viewport);
    await open();
    expect(await staff.page.getByRole('table').getAttribute('aria-rowcount')).toBe(String(many + 1));
    expect(await staff.page.getByRole('button', { name: 'Load more' }).count()).toBe(0);
    expect((await inSight())[0]).toBe(1);
    for (const share of [0.5, 0.25, 0.75]) {
      await scrollTo(share);
      const numbers = await inSight();
      isWithoutGaps(numbers);
      expect(numbers.length).toBeGreaterThan(2);
      // The scroll bar tells where one is, to a tenth.
      expect(Math.abs((numbers[0] ?? 0) / many - share)).toBeLessThan(0.1);
      expect(await rows()).toBeLessThanOrEqual(mostRows);
    }
    await staff.photograph(`scrolled-${viewport.width}`);
    await scrollTo(1);
    await row(many).waitFor();
    isWithoutGaps(await inSight());
    expect((await inSight()).at(-1)).toBe(many);
    expect(await row(many).getAttribute('aria-rowindex')).toBe(String(many + 1));
    expect(await rows()).toBeLessThanOrEqual(mostRows);
    expect(await violations(staff.page)).toEqual([]);
    await staff.photograph(`end-${viewport.width}`);
    expect(staff.errors).toEqual([]);
  });

  test('a column has all of them, too, and scrolls by itself', async () => {
    await open(`${search}&view=columns`);
    const column = '[data-column=preparing] > div';
    expect(await row(1).getAttribute('aria-setsize')).toBe(String(many));
    await scrollTo(0.5, column);
    expect(await rows()).toBeLessThanOrEqual(mostRows);
    await scrollTo(1, column);
    await row(many).waitFor();
    expect(await row(many).getAttribute('aria-posinset')).toBe(String(many));
    expect(await rows()).toBeLessThanOrEqual(mostRows);
    expect(await violations(staff.page)).toEqual([]);
    await staff.photograph('column-end');
    await scrollTo(0, column);
    await row(1).waitFor();
    await row(1).locator('a').focus();
    for (let n = 0; n < 40; n += 1) await staff.page.keyboard.press('ArrowDown');
    await hasFocus(41);
    expect(await row(41).isVisible()).toBe(true);
    expect(staff.errors).toEqual([]);
  });

  test('the server sends the first rows, which stay where they are when the scripts take them over', async () => {
    await staff.page.goto('/');
    await staff.page.locator('[data-testid=connection][data-phase=live]').waitFor();
    const context = await site.browser.newContext({
      baseURL: site.system.dashboardUrl,
      viewport: desktop,
      javaScriptEnabled: false,
      storageState: await staff.page.context().storageState(),
    });
    const still = await context.newPage();
    await still.goto('/');
    const painted = still.locator('[data-testid=board] [data-order-id]');
    await painted.first().waitFor();
    expect(await painted.count()).toBeGreaterThan(20);
    for (const one of (await painted.all()).slice(0, 12)) {
      const id = await one.getAttribute('data-order-id');
      const live = staff.page.locator(`[data-testid=board] [data-order-id="${id}"]`);
      expect(await live.boundingBox()).toEqual(await one.boundingBox());
    }
    await context.close();
  });
});

describe('by the keyboard', () => {
  test('one walks past the rows that are in the page, and picks a range of them', async () => {
    await open();
    await staff.page.keyboard.press('j');
    await hasFocus(1);
    await staff.page.keyboard.press('x');
    for (let n = 0; n < mostRows + 10; n += 1) await staff.page.keyboard.press('j');
    await hasFocus(mostRows + 11);
    await isInSight(mostRows + 11);
    expect(await row(1).count()).toBe(0);
    await staff.page.keyboard.press('Shift+X');
    const bar = staff.page.getByTestId('bulk');
    await bar.getByText(`${mostRows + 11} selected`).waitFor();
    await bar.getByRole('button', { name: 'Select the first 200' }).click();
    await bar.getByText('200 selected, the most at once').waitFor();
    await staff.photograph('selected');
    await bar.getByRole('button', { name: 'Select none' }).click();
    expect(staff.errors).toEqual([]);
  });

  test('one gets to the last order at once, and the row in focus stays in the page when it is scrolled out of sight', async () => {
    await open();
    await staff.page.keyboard.press('k');
    await hasFocus(many);
    await isInSight(many);
    await scrollTo(0);
    await row(1).waitFor();
    await hasFocus(many);
    expect(await rows()).toBeLessThanOrEqual(mostRows);
    await staff.page.keyboard.press('k');
    await hasFocus(many - 1);
    await isInSight(many - 1);
    // The Tab key finds its neighbours, too.
    await scrollTo(0.5);
    const within = (n: number) => row(n).locator(':focus');
    for (let tabs = 0; tabs < 9 && (await within(many).count()) === 0; tabs += 1)
      await staff.page.keyboard.press('Tab');
    expect(await within(many).count()).toBe(1);
    expect(staff.errors).toEqual([]);
  });

  test('an order beside the board leads to the next one beyond what is in sight, and Esc back to its row', async () => {
    await open();
    await row(3).locator('a[data-row-link]').click();
    const drawer = staff.page.getByTestId('drawer');
    await drawer.getByText(`3 of ${many.toLocaleString('en')}`).waitFor();
    for (let n = 4; n <= 50; n += 1) {
      await staff.page.keyboard.press('j');
      await drawer.getByRole('heading', { name: `Order #${base + n}`, exact: true }).waitFor();
    }
    await isInSight(50);
    await scrollTo(0.5);
    await staff.page.keyboard.press('Escape');
    await hasFocus(50);
    expect(staff.errors).toEqual([]);
  });
});

test('nothing moves under a resting pointer, nor where somebody has scrolled to, until what is new is asked for', async () => {
  await open();
  await scrollTo(0.5);
  const [, , , middle = 0] = await inSight();
  await row(middle).hover();
  const before = await row(middle).boundingBox();
  const first = await place();
  const board = staff.page.getByTestId('board');
  await board.getByRole('button', { name: '1 new' }).waitFor();
  expect(await row(middle).boundingBox()).toEqual(before);
  await staff.page.keyboard.press('n');
  await board.getByRole('button', { name: '1 new' }).waitFor({ state: 'detached' });
  expect(await row(middle).boundingBox()).toEqual(before);
  // Nor while nobody aims at a row: it comes in above what is in sight.
  await staff.page.mouse.move(1, 1);
  const second = await place();
  const count = `[role=table][aria-rowcount="${many + 3}"]`;
  await staff.page.locator(count).waitFor();
  expect(await row(middle).boundingBox()).toEqual(before);
  await scrollTo(0);
  for (const { number } of [first, second]) await row(number - base).waitFor();
  for (const { id } of [first, second]) await site.admin.move(id, 'cancelled');
  expect(staff.errors).toEqual([]);
});
