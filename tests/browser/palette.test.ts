import { calls } from '@live-orders/contracts/rest/calls.ts';
import { afterAll, beforeEach, expect } from 'vitest';
import { desktop, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;
let staff: Visitor;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  staff = await site.visit('palette', { viewport: desktop });
  await staff.login('staff@example.com');
});

beforeEach(() => staff.comeHome());

afterAll(() => staff.leave());

const palette = () => staff.page.getByTestId('palette');

/** What Enter takes, which comes to the first entry a moment after that is there. */
const chosen = (text: string) => palette().locator('.palette-item[data-selected]', { hasText: text }).waitFor();

const openPalette = async (): Promise<void> => {
  await staff.page.keyboard.press('Control+k');
  await palette().getByPlaceholder('A page').waitFor();
};

const place = (note?: string) => site.customer.placeOrder([{ product_id: site.products[0].id, quantity: 1 }], note);

test('finds a page by its name, and the board follows the address', async () => {
  await openPalette();
  await staff.page.keyboard.type('unass');
  await chosen('Unassigned orders');
  await staff.photograph('page');
  await staff.page.keyboard.press('Enter');
  await staff.page.locator('[data-queue=unassigned][aria-pressed=true]').waitFor();
  await staff.page.goBack();
  await staff.page.locator('[data-queue=unassigned][aria-pressed=false]').waitFor();
});

test('finds an order by the words of its note, and opens it; what is not here is searched for', async () => {
  const word = `nuts${crypto.randomUUID().slice(0, 8)}`;
  const { number } = await place(`No ${word} please`);
  await staff.page.locator(`[data-order-number="${number}"]`).waitFor();
  await openPalette();
  await staff.page.keyboard.type(`please ${word}`);
  await chosen(`#${number}`);
  await staff.page.keyboard.press('Enter');
  await staff.page.getByRole('heading', { name: `Order #${number}` }).waitFor();
  await openPalette();
  await staff.page.keyboard.type(`never${word}`);
  await chosen('Search all orders for');
  await staff.page.keyboard.press('Enter');
  await staff.page.getByText(`No order matches “never${word}”`).waitFor();
});

test('does what can be done with the order at hand: the one in focus, or the one beside the board', async () => {
  const { id, number } = await place();
  const row = staff.page.locator(`[data-order-number="${number}"]`);
  await row.locator('[data-row-link]').focus();
  // A stray Enter does nothing to an order.
  await openPalette();
  expect(await palette().getByText('Confirm order').count()).toBe(0);
  await staff.page.keyboard.type('confirm order');
  await chosen(`Confirm order ${number}`);
  await staff.photograph('act');
  await staff.page.keyboard.press('Enter');
  await row.and(staff.page.locator('[data-status=confirmed]')).waitFor();
  await openPalette();
  await staff.page.keyboard.type('take back');
  await chosen(`Take back the last move of order ${number}`);
  await staff.page.keyboard.press('Enter');
  await row.and(staff.page.locator('[data-status=pending]')).waitFor();

  await row.locator('[data-row-link]').click();
  await staff.page.getByTestId('drawer').waitFor();
  await openPalette();
  await staff.page.keyboard.type('to me');
  await chosen(`Assign order ${number} to me`);
  await staff.page.keyboard.press('Enter');
  await staff.page.getByTestId('drawer').getByRole('button', { name: 'Unassign me' }).waitFor();
  await openPalette();
  await staff.page.keyboard.type('cancel order');
  await chosen(`Cancel order ${number}`);
  await staff.page.keyboard.press('Enter');
  await staff.page.getByRole('alertdialog').waitFor();
  await staff.page.keyboard.press('Escape');
  await openPalette();
  expect(await palette().getByText('Assign order').count()).toBe(0);
  await site.admin.call(calls.moveOrder, { id, body: { status: 'cancelled', reason: 'Test' } });
  expect(staff.errors).toEqual([]);
});

test('single letters can be switched off, and stay so', async () => {
  const { number } = await place();
  await staff.page.locator(`[data-order-number="${number}"]`).waitFor();
  await staff.page.keyboard.press('j');
  await staff.page.locator('[data-row-link]:focus').waitFor();
  await staff.page.keyboard.press('?');
  const help = staff.page.getByTestId('shortcuts');
  await staff.photograph('shortcuts');
  await help.getByLabel('Single letters do something').uncheck();
  await help.getByRole('button', { name: 'Close' }).click();
  await help.waitFor({ state: 'detached' });
  await staff.page.reload();
  await staff.page.locator('[data-testid=connection][data-phase=live]').waitFor();
  await staff.page.keyboard.press('j');
  await staff.page.keyboard.press('?');
  await openPalette();
  expect(await staff.page.locator('[data-row-link]:focus').count()).toBe(0);
  expect(await help.count()).toBe(0);
  expect(staff.errors).toEqual([]);
});
