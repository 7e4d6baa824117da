import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { desktop, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { answered, events, shows, told } from '@live-orders/test-support/browser/security-page.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, beforeEach, describe, expect, vi } from 'vitest';

const narrow = { width: 360, height: 780 };

let site: Site;
let admin: Visitor;
let victim: Api;
let email: string;

/** Of this file alone. */
const address = '198.19.2.1';

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  victim = await site.anybody.register('Vera Victim');
  email = victim.session?.user.email ?? '';
  const headers = { 'x-forwarded-for': address, 'user-agent': 'curl/8.5.0' };
  // Once: of several the number would become one more event at some moment.
  await site.anybody.send('POST', calls.login.path, { body: { email, password: 'a guess' }, headers });
  await victim.send('GET', calls.listUsers.path, { headers });
  const id = victim.session?.user.id ?? '';
  await site.admin.call(calls.changeUser, { id, body: { role: 'staff' } });
  admin = await site.visit('security', { viewport: desktop });
  await admin.login('admin@example.com');
});

beforeEach(async () => {
  await admin.page.setViewportSize(desktop);
  admin.errors.length = 0;
});

afterAll(() => admin.leave());

const ofVictim = ['user.role_changed', 'access.denied', 'login.failed', 'login.succeeded', 'user.registered'];

test('an administrator finds by keyboard who tried to get in, from where, and with what', async () => {
  const { page } = admin;
  await page.getByRole('link', { name: 'Security' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/security');
  const ownLogin = events(page).filter({ hasText: 'admin@example.com' }).filter({ hasText: 'Logged in' }).first();
  expect(await ownLogin.innerText()).toMatch(/Chrome on \w+$/);
  await admin.photograph('all');

  await page.getByLabel('Who, or about whom').fill(email);
  await page.keyboard.press('Enter');
  await shows(page, ofVictim);
  expect(new URL(page.url()).search).toBe(`?user=${encodeURIComponent(email)}`);
  const failed = page.locator('[data-event="login.failed"]');
  expect(await failed.innerText()).toMatch(/Login failed[^]*Somebody not logged in[^]*about [^]*curl\/8\.5\.0/);
  expect(await failed.innerText()).toContain(address);
  await admin.photograph('of-one-user');

  await page.getByLabel('What happened').selectOption('user.role_changed');
  await shows(page, ['user.role_changed']);
  expect(await events(page).innerText()).toMatch(/customer → staff/);
  await vi.waitFor(async () => expect(await told(page)).toBe('1 security event'));
  await page.getByRole('link', { name: 'Clear' }).click();
  await page.waitForURL('**/security');

  await page.goto(`/security?user=${encodeURIComponent(email)}&period=hour`);
  await shows(page, ofVictim);
  await page.locator('[data-event="login.failed"]').getByRole('link', { name: address }).click();
  await page.waitForURL(`**/security?address=${address}`);
  await shows(page, ['access.denied', 'login.failed']);
  expect(admin.errors).toEqual([]);
});

test('a list goes on with older events, and back', async ({ database }) => {
  const { page } = admin;
  await database.query(
    `INSERT INTO security_events (id, type, created_at, address, count, details, keep_until)
     SELECT gen_random_uuid(), CASE n WHEN 51 THEN 'origin.refused' ELSE 'ticket.refused' END,
       now() - n * interval '1 hour', '198.19.2.2', n, '{}', now() FROM generate_series(1, 51) AS n`,
  );
  await page.goto('/security?address=198.19.2.2');
  const newest = Array.from({ length: 50 }, () => 'ticket.refused');
  await shows(page, newest);
  await admin.photograph('many');
  await page.getByRole('link', { name: 'Older' }).click();
  await shows(page, ['origin.refused']);
  expect(await events(page).innerText()).toContain('× 51');
  await page.getByRole('link', { name: 'Newest' }).click();
  await shows(page, newest);
});

test('a page of the list that there is not leads to the first one', async () => {
  const { page } = admin;
  await page.goto(`/security?address=${address}&cursor=nonsense`);
  await shows(page, ['access.denied', 'login.failed']);
  expect(new URL(page.url()).search).toBe(`?address=${address}`);
});

describe('on a phone', () => {
  test('nothing is wider than the screen', async () => {
    const { page } = admin;
    await page.setViewportSize(narrow);
    await page.goto(`/security?user=${encodeURIComponent(email)}`);
    await shows(page, ofVictim);
    await admin.photograph('phone');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(narrow.width);
  });

  // WCAG 2.2, 2.5.8.
  test('a thumb meets the links of an event, and their number is in one line', async () => {
    const { page } = admin;
    await page.setViewportSize(narrow);
    await page.goto('/security?address=198.19.2.2');
    const chip = page.locator('[data-event]').getByText('× 50');
    await page.getByText('Older').waitFor();
    await admin.photograph('phone-many');
    const lineHeight = await page.evaluate<number>(
      'Number.parseFloat(getComputedStyle(document.querySelector(\'[title$="within a minute"]\')).lineHeight)',
    );
    expect((await chip.boundingBox())?.height).toBeLessThan(2 * lineHeight);
    await page.goto(`/security?user=${encodeURIComponent(email)}`);
    let bottom = 0;
    for (const link of await events(page).getByRole('link').all()) {
      const { y, height } = (await link.boundingBox()) ?? { y: 0, height: 0 };
      expect(height).toBeGreaterThanOrEqual(24);
      expect(y).toBeGreaterThanOrEqual(bottom);
      bottom = y + height;
    }
  });
});

describe('says so when', () => {
  test('nothing was found', async () => {
    const { page } = admin;
    await page.goto('/security?address=203.0.113.250');
    await page.getByText('Nothing was found').waitFor();
    expect(await told(page)).toBe('No security events');
    await admin.photograph('empty');
  });

  test('what was typed is no user', async () => {
    const { page } = admin;
    await page.goto('/security?user=vera');
    await page.getByText('“vera” is no e-mail address of a user.').waitFor();
    expect(await page.getByLabel('Who, or about whom').getAttribute('aria-invalid')).toBe('true');
    await admin.photograph('wrong');
  });

  test('the users service is away', async () => {
    const { page } = admin;
    await page.goto('/security');
    await site.system.part('users').kill();
    try {
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByText('Security events can’t be shown').waitFor();
      await answered(page);
      // The notice is told as an alert; that there are no events nobody knows.
      expect(await told(page)).toBe('');
      await admin.photograph('failed');
    } finally {
      await site.system.part('users').start();
    }
    await page.getByRole('link', { name: 'Try again' }).click();
    await events(page).first().waitFor();
  });
});

test('others have neither the link nor the page', async () => {
  const customer = await site.visit('security-customer', { viewport: desktop });
  const { session } = await site.anybody.register();
  await customer.login(session?.user.email ?? '', testPassword);
  expect(await customer.page.getByRole('link', { name: 'Security' }).count()).toBe(0);
  await customer.page.goto('/security');
  expect(new URL(customer.page.url()).pathname).toBe('/');
  await customer.leave();
});
