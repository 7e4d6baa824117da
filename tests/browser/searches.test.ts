import { desktop, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { answered, open, shown, shows } from '@live-orders/test-support/browser/security-page.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, describe, expect, vi } from 'vitest';

let admin: Visitor;

/** Of this file alone. */
const address = '198.19.2.3';
const ofAddress = ['ticket.refused', 'origin.refused'];

test.beforeAll(async ({ site, database }) => {
  await database.query(
    `INSERT INTO security_events (id, type, created_at, address, count, details, keep_until)
     SELECT gen_random_uuid(), type, now() - n * interval '1 hour', $1, 1, '{}', now()
     FROM unnest($2::text[]) WITH ORDINALITY AS given (type, n)`,
    [address, ofAddress],
  );
  admin = await site.visit('searches', { viewport: desktop });
  await admin.login('admin@example.com');
});

afterAll(() => admin.leave());

/** As of now the page's searches wait for their answers until what is given to the result has been done. */
const holdAnswers = async (visitor: Visitor) => {
  let asked = Promise.withResolvers<() => void>();
  const stop = await visitor.divert('**/security/__data.json*', async (route) => {
    await new Promise<void>((resolve) => asked.resolve(resolve));
    await route.continue();
  });
  const letAnswer = async (meanwhile: () => Promise<void>): Promise<void> => {
    const answer = await asked.promise;
    asked = Promise.withResolvers();
    await meanwhile();
    answer();
  };
  return { letAnswer, stop };
};
const isFocused = async (field: Locator): Promise<boolean> =>
  (await field.and(field.page().locator(':focus')).count()) === 1;

describe('a search', () => {
  test('is kept by a double click', async () => {
    const { page } = admin;
    await open(page, '/security');
    await page.getByLabel('From where').fill(address);
    const search = page.getByRole('button', { name: 'Search' });
    const place = await search.boundingBox();
    await search.click();
    await shows(page, ofAddress);
    // What the second click of a double click meets once the first one is answered.
    expect(await search.boundingBox()).toEqual(place);
  });

  test('leaves the keyboard where it is', async () => {
    const { page } = admin;
    await open(page, `/security?address=${address}`);
    const types = page.getByLabel('What happened');
    await types.focus();
    const walked: string[] = [];
    while (walked.length < 2) {
      await page.keyboard.press('ArrowDown');
      walked.push(await types.inputValue());
      await page.waitForURL(`/security?type=${walked.at(-1)}&address=${address}`);
      await answered(page);
      expect(await isFocused(types)).toBe(true);
    }
    expect(new Set(walked).size).toBe(2);
    const clear = page.getByRole('link', { name: 'Clear' });
    await clear.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('/security');
    await answered(page);
    expect(await isFocused(clear)).toBe(true);
  });

  test('leaves alone what is typed before it is answered; whoever goes back sees what was asked for there', async () => {
    const { page } = admin;
    await open(page, '/security');
    const where = page.getByLabel('From where');
    const { letAnswer, stop } = await holdAnswers(admin);
    await page.getByLabel('What happened').selectOption('login.failed');
    await letAnswer(async () => where.fill('198.19.2'));
    await page.waitForURL('/security?type=login.failed');
    await answered(page);
    expect(await where.inputValue()).toBe('198.19.2');

    await where.press('Enter');
    await letAnswer(async () => where.pressSequentially('.1'));
    await page.waitForURL('/security?type=login.failed&address=198.19.2');
    await answered(page);
    expect(await where.inputValue()).toBe('198.19.2.1');
    stop();

    await page.goBack();
    await page.waitForURL('/security?type=login.failed');
    await vi.waitFor(async () => expect(await where.inputValue()).toBe(''));
    await page.goBack();
    await page.waitForURL('/security');
    await vi.waitFor(async () => expect(await page.getByLabel('What happened').inputValue()).toBe(''));
    await where.fill('198.19.2.1');
    await page.getByRole('link', { name: 'Clear' }).click();
    await vi.waitFor(async () => expect(await where.inputValue()).toBe(''));
  });
});

describe('while the server can’t be reached', () => {
  const unreachable = 'The server can’t be reached';

  afterEach(() => admin.page.context().setOffline(false));

  test('the list stays, and the search is made once the server is back', async () => {
    const { page } = admin;
    await open(page, `/security?address=${address}`);
    await shows(page, ofAddress);
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText(unreachable).waitFor();
    await page.getByLabel('What happened').selectOption('origin.refused');
    await answered(page);
    await admin.photograph('offline');
    expect(await shown(page)).toEqual(ofAddress);
    expect(await page.getByTestId('connection').isVisible()).toBe(true);
    expect(new URL(page.url()).search).toBe(`?address=${address}`);

    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await shows(page, ['origin.refused']);
    await page.getByText(unreachable).waitFor({ state: 'detached' });
  });

  test('the list of orders is there all the same; another link leaves the page as it is; going back says what is wrong', async () => {
    const { page } = admin;
    await open(page, '/');
    await page.getByRole('link', { name: 'Security' }).click();
    await page.waitForURL('/security');
    await page.context().setOffline(true);
    await page.getByRole('link', { name: 'Live Orders, home' }).click();
    await page.getByTestId('board').waitFor();
    await page.locator('[data-order-number]').first().waitFor();
    await page.getByRole('link', { name: 'Security' }).click();
    await page.getByText(unreachable).waitFor();
    expect(await page.locator('[data-order-number]').count()).toBeGreaterThan(0);
    await page.goBack();
    await page.getByRole('main').getByText('Check your connection').waitFor();
    await admin.photograph('offline-back');
  });
});
