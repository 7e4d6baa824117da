import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, beforeEach, describe, expect } from 'vitest';

let admin: Visitor;
let thumb: Visitor;

test.beforeAll(async ({ site }) => {
  [admin, thumb] = await Promise.all([
    site.visit('shell', { viewport: desktop, colorScheme: 'light' }),
    site.visit('shell-phone', { viewport: phone, colorScheme: 'dark', isMobile: true, hasTouch: true }),
  ]);
  await Promise.all([admin.login('admin@example.com'), thumb.login('customer@example.com')]);
});

beforeEach(async () => {
  await Promise.all([admin.comeHome(), thumb.comeHome()]);
});

afterAll(async () => {
  await Promise.all([admin.leave(), thumb.leave()]);
});

const rail = ({ page }: Visitor) => page.getByRole('navigation', { name: 'Main' });
const account = ({ page }: Visitor) => page.getByTestId('user');

describe('the rail', () => {
  test('leads to what the role may see, and marks where one is', async () => {
    expect(await rail(admin).getByRole('link').allInnerTexts()).toEqual(['', 'Orders', 'Security']);
    expect(await rail(admin).locator('[aria-current=page]').innerText()).toBe('Orders');
    await rail(admin).getByRole('link', { name: 'Security' }).click();
    await admin.page.getByRole('heading', { name: 'Security', level: 1 }).waitFor();
    expect(await rail(admin).locator('[aria-current=page]').innerText()).toBe('Security');
    await admin.photograph('security');
    expect(await violations(admin.page)).toEqual([]);
  });

  test('is a bar at the bottom of a phone, for a thumb, and covers nothing', async () => {
    expect(await rail(thumb).getByRole('link').allInnerTexts()).toEqual(['My orders', 'New order']);
    const box = await rail(thumb).boundingBox();
    expect(box).toMatchObject({ x: 0, width: phone.width });
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBe(phone.height);
    for (const one of await rail(thumb).locator('a:visible, button').all())
      expect((await one.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await rail(thumb).getByRole('link', { name: 'New order' }).tap();
    await thumb.page.getByRole('heading', { name: 'New order' }).waitFor();
    await thumb.page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await thumb.photograph('new');
    const order = await thumb.page.getByRole('button', { name: /^Place order/ }).boundingBox();
    expect((order?.y ?? 0) + (order?.height ?? 0)).toBeLessThanOrEqual(box?.y ?? 0);
    expect(await violations(thumb.page)).toEqual([]);
  });
});

describe('the menu of the user', () => {
  test('says who is logged in, and changes the colours for good', async () => {
    await account(admin).click();
    const menu = admin.page.getByRole('menu');
    await menu.getByText('admin@example.com').waitFor();
    await admin.photograph('menu');
    expect(await violations(admin.page)).toEqual([]);
    await menu.getByRole('menuitemradio', { name: 'Dark' }).click();
    expect(await menu.getByRole('menuitemradio', { checked: true }).innerText()).toBe('Dark');
    await admin.photograph('dark');
    expect(await violations(admin.page)).toEqual([]);
    await admin.page.reload();
    expect(await admin.page.locator('html').getAttribute('data-theme')).toBe('dark');
    await account(admin).click();
    await menu.getByRole('menuitemradio', { name: 'As the system' }).click();
    await admin.page.keyboard.press('Escape');
  });

  test('opens what the keys open, too', async () => {
    await account(admin).click();
    await admin.page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click();
    await admin.page.getByTestId('shortcuts').waitFor();
    await admin.page.keyboard.press('Escape');
    await account(admin).click();
    await admin.page.getByRole('menuitem', { name: 'Sounds and alerts' }).click();
    await admin.page.getByRole('dialog', { name: 'Alerts' }).waitFor();
    await admin.page.keyboard.press('Escape');
    await admin.page.getByRole('button', { name: /^Go to/ }).click();
    await admin.page.getByTestId('palette').waitFor();
    await admin.page.keyboard.press('Escape');
    expect(admin.errors).toEqual([]);
  });

  test('logs a customer out on a phone, who sees nothing of the team there', async ({ site }) => {
    const visitor = await site.visit('shell-leaver', { viewport: phone, isMobile: true, hasTouch: true });
    await visitor.login('customer@example.com');
    await account(visitor).tap();
    expect(await visitor.page.getByRole('menuitem').allInnerTexts()).toEqual(['Log out']);
    await visitor.photograph('menu');
    await visitor.page.getByRole('menuitem', { name: 'Log out' }).tap();
    await visitor.page.getByLabel('E-mail').waitFor();
    await visitor.leave();
  });
});
