import type { Browser } from 'playwright-core';
import { launchBrowser, Visitor } from '../browser/browser.ts';
import { type Shop, test as shopTest } from './shop.ts';

/** A shop with its dashboard, and a browser to visit it with. */
export interface Site extends Shop {
  browser: Browser;
  /** Opens the dashboard for somebody who has not logged in yet. */
  visit(name: string, device: Parameters<typeof Visitor.arrive>[3]): Promise<Visitor>;
}

/** As the shop's: one browser for each worker. */
export const test = shopTest
  .extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const { browser, close } = await launchBrowser();
    onCleanup(close);
    return browser;
  })
  .extend('site', { scope: 'file' }, async ({ shop, browser }): Promise<Site> => {
    await shop.system.ensure('dashboard');
    return {
      ...shop,
      browser,
      visit: (name, device) => Visitor.arrive(browser, name, shop.system.dashboardUrl, device),
    };
  });
