import { expect } from 'vitest';
import { desktop, phone } from '@live-orders/test-support/browser/browser.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

/** Calls the dashboard's own server from within a page, which sends its cookies along; gives the code of the problem. */
const codeOf = (pageUser: string | undefined): string =>
  `fetch('/api/orders/api/products', { headers: { 'x-page-user': '${pageUser}' } }).then((answer) => answer.json()).then(({ code }) => code ?? 'none')`;

test('a page follows when another user logs in in another tab, and says so; its calls are refused', async ({
  site,
}) => {
  const customer = await site.visit('customer-in-a-tab', { viewport: phone });
  const first = customer.page;
  const second = await first.context().newPage();
  await second.goto('/login');
  await customer.login('customer@example.com');
  await first.getByRole('heading', { name: 'My orders' }).waitFor();
  const { session } = await site.anybody.login('customer@example.com');
  expect(await first.evaluate(codeOf(session?.user.id))).toBe('none');

  await second.getByLabel('E-mail').fill('staff@example.com');
  await second.getByLabel('Password').fill('password123');
  await second.getByRole('button', { name: 'Log in' }).click();
  await second.getByTestId('board').waitFor();
  expect(await second.evaluate(codeOf(session?.user.id))).toBe('other_user');

  await first.getByText(/is logged in here now/).waitFor();
  await first.getByTestId('board').waitFor();
  await customer.photograph('followed');
  await customer.leave();
});

test('a browser that keeps no cookies is told that they are needed, instead of being led back in silence', async ({
  site,
}) => {
  const visitor = await site.visit('without-cookies', { viewport: phone });
  const { page } = visitor;
  await page.goto('/login');
  await page.getByLabel('E-mail').fill('staff@example.com');
  await page.getByLabel('Password').fill('password123');
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').getByText('keeps no cookies').waitFor();
  await visitor.photograph('login');
  await page.reload();
  await page.getByLabel('E-mail').fill('staff@example.com');
  await page.getByLabel('Password').fill('password123');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByTestId('board').waitFor();
  await visitor.leave();
});

test('after a logout, going back shows the login and no orders', async ({ site }) => {
  const visitor = await site.visit('gone-back', { viewport: desktop });
  await visitor.login('staff@example.com');
  const { page } = visitor;
  await page.getByTestId('user').click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Live Orders' }).waitFor();
  await page.goBack();
  await page.getByLabel('E-mail').waitFor();
  expect(await page.locator('[data-order-number]').count()).toBe(0);
  await visitor.leave();
});

test('a refused password leaves the focus where it was', async ({ site }) => {
  const visitor = await site.visit('mistyped', { viewport: desktop });
  const { page } = visitor;
  await page.goto('/login');
  await page.getByLabel('E-mail').fill('nobody-of-this-name@example.com');
  await page.getByLabel('Password').fill('a wrong password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  await page.locator('button:focus', { hasText: 'Log in' }).waitFor();
  await visitor.leave();
});
