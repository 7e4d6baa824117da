import type pg from 'pg';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { scrollToShare } from '@live-orders/test-support/browser/long-list.ts';
import { placeMany, removeMany } from '@live-orders/test-support/browser/many-orders.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, beforeEach, describe, expect, vi } from 'vitest';

const ours = { many: 3_000, base: 500_000, name: `Mira ${crypto.randomUUID()}` };
const { many, base, name } = ours;
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
  await placeMany(database, ours);
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
  await removeMany(database, ours);
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
const isInSight = async (n: number): Promise<void> => {
  await vi.waitFor(
    async () => {
      const box = await row(n).boundingBox();
      expect(box?.y).toBeGreaterThanOrEqual(56);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(desktop.height);
    },
    { timeout: 20_000 },
  );
};
const hasFocus = (n: number) => row(n).locator('a:focus').waitFor({ state: 'attached' });

/** Resolves when the table is one of so many orders. */
const shows = (count: number) => staff.page.locator(`[role=table][aria-rowcount="${count + 1}"]`).waitFor();

const scrollTo = (share: number, selector?: string) => scrollToShare(staff.page, share, selector);

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
    ['rows', desktop, 1],
    ['cards', phone, 1],
    ['cards side by side', { width: 960, height: 1180 }, 2],
  ])('one scrolls through all, of which few are in the page: %s', async (_what, viewport, perLine) => {
    await staff.page.setViewportSize(viewport);
    await open();
    expect(await staff.page.getByRole('table').getAttribute('aria-rowcount')).toBe(String(many + 1));
    expect(await staff.page.getByRole('button', { name: 'Load more' }).count()).toBe(0);
    expect((await inSight())[0]).toBe(1);
    const [one, next] = [await row(1).boundingBox(), await row(2).boundingBox()];
    expect(one?.y === next?.y).toBe(perLine === 2);
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

    // What is dragged stays in the page when the column is scrolled meanwhile, and is dropped from there.
    const order = await place();
    for (const status of ['confirmed', 'preparing'] as const) await site.admin.move(order.id, status);
    await staff.page.keyboard.press('n');
    await scrollTo(0, column);
    const dragged = row(order.number - base);
    const box = await dragged.locator('header').boundingBox();
    await staff.page.mouse.move((box?.x ?? 0) + 120, (box?.y ?? 0) + 5);
    await staff.page.mouse.down();
    await staff.page.mouse.move((box?.x ?? 0) + 130, (box?.y ?? 0) + 60, { steps: 5 });
    await staff.page.locator('[data-column=shipped].order-column-open').waitFor();
    await scrollTo(1, column);
    await row(many).waitFor();
    expect(await dragged.count()).toBe(1);
    const goal = await staff.page.locator('[data-column=shipped]').boundingBox();
    await staff.page.mouse.move((goal?.x ?? 0) + 50, (goal?.y ?? 0) + 200, { steps: 5 });
    await staff.page.mouse.up();
    await staff.page.locator(`[data-column=shipped] [data-order-id="${order.id}"][data-status=shipped]`).waitFor();
    await site.admin.move(order.id, 'delivered');
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
  await shows(many + 2);
  expect(await row(middle).boundingBox()).toEqual(before);
  // Nor where one from above goes to the end.
  const index = Number(await row(middle).getAttribute('aria-rowindex'));
  for (const status of ['confirmed', 'preparing', 'shipped'] as const) await site.admin.move(second.id, status);
  await row(middle)
    .and(staff.page.locator(`[aria-rowindex="${index - 1}"]`))
    .waitFor();
  expect(await row(middle).boundingBox()).toEqual(before);
  await scrollTo(0);
  await row(first.number - base).waitFor();
  await scrollTo(1);
  await row(second.number - base).waitFor();
  await site.admin.move(first.id, 'cancelled');
  await site.admin.move(second.id, 'delivered');
  await shows(many);
  expect(staff.errors).toEqual([]);
});

test('what is in sight stays there when the row at its top goes far away', async () => {
  const { id, number } = await place();
  await open();
  const top = row(number - base);
  await top.waitFor();
  // As little as is enough for the list to keep in sight what is there.
  await staff.page.evaluate(
    `scrollBy(0, document.querySelector('[data-order-id="${id}"]').getBoundingClientRect().top + 10)`,
  );
  const below = row(5);
  const line = (await top.boundingBox())?.height ?? 0;
  const before = (await below.boundingBox())?.y ?? 0;
  for (const status of ['confirmed', 'preparing', 'shipped'] as const) await site.admin.move(id, status);
  await below.and(staff.page.locator('[aria-rowindex="6"]')).waitFor();
  expect(Math.abs(((await below.boundingBox())?.y ?? Number.NaN) - before)).toBeLessThanOrEqual(line + 1);
  await site.admin.move(id, 'delivered');
  expect(staff.errors).toEqual([]);
});
