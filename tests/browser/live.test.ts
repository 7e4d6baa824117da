import { afterAll, describe, expect } from 'vitest';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;
let admin: Visitor;
let staff: Visitor;
let customer: Visitor;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  [admin, staff, customer] = await Promise.all([
    site.visit('admin', { viewport: desktop }),
    site.visit('staff', { viewport: desktop, colorScheme: 'dark' }),
    site.visit('customer', { viewport: phone }),
  ]);
  await Promise.all([
    admin.login('admin@example.com'),
    staff.login('staff@example.com'),
    customer.login('customer@example.com'),
  ]);
});

afterAll(async () => {
  await Promise.all([admin, staff, customer].map((visitor) => visitor.leave()));
});

const row = ({ page }: Visitor, number: string, status: string) =>
  page.locator(`[data-order-number="${number}"][data-status="${status}"]`).first();

/** Places an order as the customer would, and gives its number. */
const placeOrder = async (note: string): Promise<string> => {
  const { page } = customer;
  await page.goto('/new');
  await page.getByTestId('product').first().waitFor();
  await page
    .getByRole('button', { name: /^More / })
    .first()
    .click();
  await page
    .getByRole('button', { name: /^More / })
    .nth(3)
    .click();
  await page.getByPlaceholder('Anything we should know?').fill(note);
  await customer.photograph('new-order');
  const answered = page.waitForResponse(
    (one) => one.request().method() === 'POST' && one.url().endsWith('/orders/api/orders'),
  );
  await page.getByRole('button', { name: 'Place order' }).click();
  const body: unknown = await (await answered).json();
  return String(typeof body === 'object' && body !== null && 'number' in body ? body.number : '');
};

/** A mark that a reload of the page would remove. */
const mark = ({ page }: Visitor) => page.evaluate("document.documentElement.setAttribute('data-kept', 'yes')");
const isMarked = async ({ page }: Visitor): Promise<boolean> =>
  (await page.locator('html').getAttribute('data-kept')) === 'yes';

describe('one order in three browsers', () => {
  test('appears on both dashboards when it is placed, and follows every step, without a reload', async () => {
    for (const visitor of [admin, staff]) {
      await visitor.page.locator('[data-filter=all]').click();
      await mark(visitor);
    }
    const number = await placeOrder('Please ring twice');
    await Promise.all([row(admin, number, 'pending').waitFor(), row(staff, number, 'pending').waitFor()]);
    await Promise.all([admin.photograph('board'), staff.photograph('board')]);
    await staff.page.getByRole('button', { name: `Confirm order ${number}` }).click();
    await Promise.all([row(admin, number, 'confirmed').waitFor(), row(staff, number, 'confirmed').waitFor()]);
    for (const [step, status] of [
      ['Prepare', 'preparing'],
      ['Ship', 'shipped'],
      ['Deliver', 'delivered'],
    ] as const) {
      // The button itself offers to take the step before back.
      await staff.page.getByRole('button', { name: `More for order ${number}` }).click();
      await staff.page.getByRole('menuitem', { name: step }).click();
      await Promise.all([row(admin, number, status).waitFor(), row(staff, number, status).waitFor()]);
    }
    await Promise.all([admin.photograph('delivered'), staff.photograph('delivered')]);
    expect(await Promise.all([isMarked(admin), isMarked(staff)])).toEqual([true, true]);
    await customer.page.goto('/');
    await row(customer, number, 'delivered').waitFor();
    await customer.photograph('own-orders');
    await admin.page.getByRole('link', { name: `#${number},` }).click();
    await admin.page.getByTestId('note').getByText('Please ring twice').waitFor();
    await admin.photograph('order');
    expect([admin.errors, staff.errors, customer.errors]).toEqual([[], [], []]);
  });

  test('is caught up with after the gateway was away, and the dashboard says so meanwhile', async () => {
    await staff.comeHome();
    await mark(staff);
    const gateway = site.system.part('gateway');
    await gateway.kill();
    await staff.page.locator('[data-testid=connection][data-phase=reconnecting]').waitFor();
    const offline = staff.page.getByRole('button', { name: 'Offline' }).first();
    await offline.press('Enter');
    await staff.page.getByText(/^There is no connection: order \d+ was not moved\.$/).waitFor();
    // As long as the focus is in a row, no other goes in above.
    await offline.blur();
    await staff.photograph('reconnecting');
    await gateway.start();
    const number = await placeOrder('Placed while nobody watched');
    await staff.page.locator('[data-testid=connection][data-phase=live]').waitFor();
    await row(staff, number, 'pending').waitFor();
    await offline.waitFor({ state: 'detached' });
    expect(await isMarked(staff)).toBe(true);
  });
});

describe('a session in the browser', () => {
  test('keeps its tokens away from scripts, and ends with a logout', async () => {
    expect(String(await staff.page.evaluate('document.cookie'))).not.toMatch(/ey[\w-]+\./);
    await staff.page.context().clearCookies();
    await staff.page.goto('/orders/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10');
    expect(new URL(staff.page.url()).pathname).toBe('/login');
    await staff.photograph('login');
  });

  test('begins at the page that was wanted, and going back from there leads to no circle', async () => {
    const { page, ...guest } = await site.visit('guest', { viewport: desktop });
    const to = (address: string) => page.waitForURL((url) => url.pathname + url.search === address);
    await page.goto('/?status=shipped');
    await to('/login?next=%2F%3Fstatus%3Dshipped');
    await page.getByLabel('E-mail').fill('staff@example.com');
    await page.getByLabel('Password').fill('password123');
    await page.getByRole('button', { name: 'Log in' }).click();
    await to('/?status=shipped');
    await page.goto('/?status=all');
    await page.goBack();
    await to('/?status=shipped');
    await page.locator('[data-testid=connection][data-phase=live]').waitFor();
    expect(guest.errors).toEqual([]);
    await page.context().close();
  });

  test('is refused to a wrong password, with a message', async () => {
    const stranger = await site.visit('stranger', { viewport: phone });
    await stranger.page.goto('/login?next=//evil.example');
    await stranger.page.getByLabel('E-mail').fill('staff@example.com');
    await stranger.page.getByLabel('Password').fill('wrong password');
    await stranger.page.getByRole('button', { name: 'Log in' }).click();
    await stranger.page.getByRole('alert').waitFor();
    await stranger.photograph('refused');
    await stranger.page.getByLabel('Password').fill('password123');
    await stranger.page.getByRole('button', { name: 'Log in' }).click();
    await stranger.page.locator('[data-testid=connection]').waitFor();
    expect(new URL(stranger.page.url()).origin).toBe(site.system.dashboardUrl);
    await stranger.leave();
  });
});
