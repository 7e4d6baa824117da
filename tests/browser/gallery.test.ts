import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startPart } from '@live-orders/test-support/system/part.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { phone } from '@live-orders/test-support/browser/browser.ts';
import { cut, judge, type Picture, readPicture } from '@live-orders/test-support/browser/pictures.ts';
import { launchStillBrowser } from '@live-orders/test-support/browser/still-browser.ts';
import type { Browser, BrowserContextOptions, Page, ViewportSize } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hostileNames } from '../../dashboard/src/lib/testing/hostile-text.ts';

const pictures = join(import.meta.dirname, 'gallery');
const accept = process.env.ACCEPT_LOOKS === '1';
const howToAccept = 'Look at test-results/looks, and at /gallery. Where the new looks are meant, run: npm run looks';

const onDesk = { viewport: { width: 1280, height: 900 } };
const onPhone = { viewport: phone, isMobile: true, hasTouch: true };
type Look = BrowserContextOptions & { viewport: ViewportSize };
const looks: Readonly<Record<string, Look>> = {
  'desktop-light': { ...onDesk, colorScheme: 'light' },
  'desktop-dark': { ...onDesk, colorScheme: 'dark' },
  'phone-light': { ...onPhone, colorScheme: 'light' },
  'phone-dark': { ...onPhone, colorScheme: 'dark' },
  'phone-forced': { ...onPhone, colorScheme: 'light', forcedColors: 'active' },
};

const parts: Daemon[] = [];

/** The dashboard alone: the gallery needs neither a gateway nor a login. */
const startDashboard = async (nodeEnv: string): Promise<string> => {
  const port = await freePort();
  const env = { NODE_ENV: nodeEnv, GATEWAY_URL: 'http://127.0.0.1:1' };
  parts.push(await startPart({ name: 'dashboard', port, env, onLine: () => undefined }));
  return `http://127.0.0.1:${port}`;
};

afterAll(async () => {
  await Promise.all(parts.map((part) => part.stop()));
});

test('production has no gallery, and its pages load nothing of it', async () => {
  const url = await startDashboard('production');
  expect((await fetch(`${url}/gallery`)).status).toBe(404);
  const login = await (await fetch(`${url}/login`)).text();
  const scripts = new Set(login.match(/_app\/immutable\/[\w/.-]+\.js/g));
  expect(scripts.size).toBeGreaterThan(3);
  for (const script of scripts) {
    const text = await (await fetch(`${url}/${script}`)).text();
    expect([script, text.includes(hostileNames['a long word'].slice(0, 80))]).toEqual([script, false]);
  }
});

/** Each dialog as it looks, by its name. */
const photographDialogs = async (page: Page, url: string): Promise<[name: string, picture: Picture][]> => {
  const names = await page.evaluate<string[]>(
    "[...document.querySelectorAll('[data-dialog]')].map((link) => link.dataset.dialog)",
  );
  const taken: [name: string, picture: Picture][] = [];
  for (const name of names) {
    await page.goto(`${url}/gallery?dialog=${name}`);
    const picture = await page.getByRole('alertdialog').screenshot({ animations: 'disabled' });
    taken.push([`dialog-${name}`, readPicture(picture)]);
  }
  return taken;
};

/** Each section as it looks, by its name. */
const photograph = async (browser: Browser, url: string, look: Look): Promise<Map<string, Picture>> => {
  const context = await browser.newContext({ ...look, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  // The picture of all sections takes a slow machine a while.
  page.setDefaultTimeout(120_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${url}/gallery`);
  await page.getByTestId('gallery').waitFor();
  // In whole pixels, or a section would look different as soon as one above it has another height.
  await page.evaluate(
    "for (const one of document.querySelectorAll('[data-section]')) one.style.height = Math.ceil(one.getBoundingClientRect().height) + 'px'",
  );
  // Not by `fullPage`, for which a phone is taken for a moment for one that is not touched.
  const height = z.int().parse(await page.evaluate('document.documentElement.scrollHeight'));
  await page.setViewportSize({ width: look.viewport.width, height });
  const whole = readPicture(await page.screenshot({ animations: 'disabled' }));
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(look.viewport.width);
  const taken = new Map<string, Picture>();
  for (const section of await page.locator('[data-section]').all()) {
    const name = (await section.getAttribute('data-section')) ?? '';
    const box = await section.boundingBox();
    if (box) taken.set(name.replaceAll(/\W+/g, '-'), cut(whole, box));
  }
  // They are as wide at a desk.
  await page.setViewportSize(phone);
  if (look.isMobile) for (const [name, picture] of await photographDialogs(page, url)) taken.set(name, picture);
  expect(errors).toEqual([]);
  await context.close();
  return taken;
};

// Another browser, as there must be where the packaged one does not run, draws other pictures.
describe.skipIf(process.env.CHROMIUM_PATH)('the gallery', () => {
  let url: string;
  let browser: Browser;
  let close: () => Promise<void>;

  beforeAll(async () => {
    [url, { browser, close }] = await Promise.all([startDashboard('test'), launchStillBrowser()]);
  });
  afterAll(() => close());

  test.each(Object.entries(looks))(
    'looks as its pictures in git: %s',
    async (name, look) => {
      const taken = await photograph(browser, url, look);
      const flaws: string[] = [];
      for (const [section, picture] of taken) {
        const flaw = await judge(join(pictures, `${section}-${name}.png`), picture, accept);
        if (flaw) flaws.push(flaw);
      }
      const left = globSync(`*-${name}.png`, { cwd: pictures }).filter(
        (file) => !taken.has(file.slice(0, -`-${name}.png`.length)),
      );
      if (accept) await Promise.all(left.map((file) => rm(join(pictures, file))));
      else flaws.push(...left.map((file) => `${file}: there is no such section any more`));
      expect(flaws, howToAccept).toEqual([]);
    },
    180_000,
  );
});
