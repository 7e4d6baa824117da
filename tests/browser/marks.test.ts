import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest';

/** In the name of the customer and in the note, and nowhere else. */
const word = `ZÉß${crypto.randomUUID().slice(0, 8)}`;

let site: Site;
let staff: Visitor;
let order: Order;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  const customer = await site.anybody.register(`Lucía ${word} Łuk`);
  order = await customer.placeOrder([{ product_id: site.products[0].id, quantity: 1 }], `For ${word.toUpperCase()}!`);
  staff = await site.visit('marks', { viewport: desktop, colorScheme: 'light' });
  await staff.login('staff@example.com');
});

beforeEach(() => staff.comeHome());

afterEach(() =>
  staff.page.emulateMedia({ colorScheme: 'light', forcedColors: 'none', reducedMotion: 'no-preference' }),
);

afterAll(() => staff.leave());

const shown = () => staff.page.locator(`[data-order-id="${order.id}"]`);
const search = (query: string) => staff.page.getByRole('searchbox').fill(query);
/** The colour behind what this selector finds in the order. */
const background = (selector: string): Promise<string> =>
  staff.page.evaluate<string>(
    `getComputedStyle(document.querySelector('[data-order-id="${order.id}"]${selector}')).backgroundColor`,
  );
/** What is written of the order: its number, and the names. */
const texts = () => shown().locator('[data-row-link], bdi').allTextContents();
const marked = (found: string[]) =>
  vi.waitFor(async () => expect(await shown().locator('mark').allTextContents()).toEqual(found), { timeout: 10_000 });

test('what a search found is marked as it is written, and nothing is left once it is cleared', async () => {
  await shown().waitFor();
  const written = await texts();
  await search(`luk zess${word.slice(3)} #${order.number}`);
  await marked([`#${order.number}`, word, 'Łuk']);
  expect(await texts()).toEqual(written);
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without the transitions from one theme to the other.
    await staff.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await staff.photograph(`table-${colorScheme}`);
    expect(await violations(staff.page)).toEqual([]);
  }
  await search('');
  await marked([]);
  expect(staff.errors).toEqual([]);
});

test('on a card the note is marked, too, also where colours are the reader’s own', async () => {
  const item = site.products[0].name.split(' ')[0] ?? '';
  await staff.page.goto(`/?view=columns&sort=newest&q=${encodeURIComponent(`${item} ${word}`)}`);
  await marked([word, item, word.toUpperCase()]);
  await staff.page.emulateMedia({ forcedColors: 'active' });
  expect(await background(' mark')).not.toBe(await background(''));
  await staff.photograph('card-forced-colours');
});
