import type { Browser } from 'playwright-core';
import type { Env } from '@live-orders/local/parts/part-env.ts';
import type { PartName } from '@live-orders/local/parts/parts.ts';
import { launchBrowser, Visitor } from '../browser/browser.ts';
import { claimTerritory, type Servers, startSystem, type System } from './system.ts';

/** A system with demo data, its dashboard, and a browser to visit it with. */
export interface Site {
  system: System;
  browser: Browser;
  /** Opens the dashboard for somebody who has not logged in yet. */
  visit(name: string, device: Parameters<typeof Visitor.arrive>[3]): Promise<Visitor>;
  close(): Promise<void>;
}

interface SiteOptions {
  env?: Env;
  parts?: PartName[];
}

const all: PartName[] = ['users', 'orders', 'bridge', 'gateway', 'dashboard'];

export const openSite = async (servers: Servers, { env = {}, parts = all }: SiteOptions = {}): Promise<Site> => {
  const browser = await launchBrowser();
  const system = await startSystem(await claimTerritory(servers), parts, env);
  return {
    system,
    browser,
    visit: (name, device) => Visitor.arrive(browser, name, system.dashboardUrl, device),
    async close() {
      await browser.close();
      await system.stop();
      await system.territory.remove();
    },
  };
};
