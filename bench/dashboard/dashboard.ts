import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { z } from 'zod';
import { nearestRank } from '../../contracts/src/nearest-rank.ts';
import { buildDashboard, dashboardOutdated } from '../../deploy/local/parts/dashboard-build.ts';
import { desktop, launchBrowser, Visitor } from '../../tests/support/browser/browser.ts';
import type { System } from '../../tests/support/system/system.ts';
import { type Measured, report } from '../support/figures.ts';
import { isShort } from '../support/short.ts';
import { withSystem } from '../support/system.ts';
import { type MovingOrders, withMovingOrders } from './moving-orders.ts';

/**
 * How smoothly a browser shows the board while 500 changes a second reach it over the real stream, with so many open orders
 * loaded. Chromium draws by software, on the cores that run everything else too.
 *
 *     npm run bench:dashboard -- [open orders,…] [seconds of each of the three rounds] [file for a CPU profile of the last]
 */
const layouts = ['table', 'columns'] as const;
type Layout = (typeof layouts)[number];
const counts = (process.argv[2] ?? (isShort ? '10000' : '2000,10000')).split(',').map(Number);
const seconds = Number(process.argv[3] ?? (isShort ? 4 : 7));
const rounds = 3;
const profileFile = process.argv[4];
const rate = 500;
const warmUpSeconds = 4;
/** Milliseconds between two batches of changes. */
const batchMs = 20;

const observed = z.object({ frames: z.array(z.number()), tasks: z.array(z.number()) });

/** Begins anew to keep the time of each frame and the length of each task of over 50 ms, in ms. */
const observe = `{
  const seen = (window.observed = { frames: [], tasks: [] });
  const frame = (at) => { if (window.observed === seen) requestAnimationFrame(frame); seen.frames.push(at); };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((task) => task.duration))).observe({ type: 'longtask' });
}`;

const flood = async (shop: MovingOrders, forSeconds: number): Promise<void> => {
  const began = performance.now();
  for (let sent = 0; sent < rate * forSeconds;) {
    const due = Math.min(rate * forSeconds, Math.floor(((performance.now() - began) * rate) / 1_000));
    if (due > sent) await shop.change(due - sent);
    sent = Math.max(sent, due);
    await delay(batchMs);
  }
};

/** Resolves once the page shows what the shop holds; gives the milliseconds that the last change took. */
const shown = async (page: Page, shop: MovingOrders): Promise<number> => {
  const began = performance.now();
  const number = await shop.place();
  await page.locator(`[data-order-number="${number}"]`).waitFor();
  const took = performance.now() - began;
  await page.getByText(new RegExp(`^${shop.openCount.toLocaleString('en')} open\\b`)).waitFor();
  return took;
};

/** Milliseconds of CPU that the page's main thread has used so far. */
const cpuOf = async (devtools: CDPSession): Promise<number> => {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN) * 1_000;
};

const heapOf = async (devtools: CDPSession): Promise<number> => {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  return usedSize / 1_000_000;
};

/** Milliseconds, but `frames`, which is a rate, and `long`, how many tasks took over 50. */
interface Round {
  frames: number;
  p95: number;
  long: number;
  longest: number;
  cpu: number;
  last: number;
}

const measureRound = async (page: Page, devtools: CDPSession, shop: MovingOrders): Promise<Round> => {
  await page.evaluate(observe);
  const before = await cpuOf(devtools);
  await flood(shop, seconds);
  const cpu = (await cpuOf(devtools)) - before;
  const { frames, tasks } = observed.parse(await page.evaluate('window.observed'));
  const last = await shown(page, shop);
  const times = frames.slice(1).map((at, index) => at - (frames[index] ?? at));
  const spanMs = (frames.at(-1) ?? 0) - (frames[0] ?? 0);
  return {
    frames: (times.length * 1_000) / spanMs,
    p95: nearestRank(times, 0.95) ?? NaN,
    long: tasks.length,
    longest: Math.max(0, ...tasks),
    cpu: cpu / seconds,
    last,
  };
};

const measure = async (visitor: Visitor, shop: MovingOrders, layout: Layout): Promise<Measured[]> => {
  const { page } = visitor;
  const count = shop.openCount;
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await visitor.login('staff@example.com');
  await page.goto(`/?sort=newest&view=${layout}`);
  await page.locator('[data-testid=connection][data-phase=live]').waitFor();
  await flood(shop, warmUpSeconds);
  await shown(page, shop);
  const heapBefore = await heapOf(devtools);
  if (profileFile !== undefined) {
    await devtools.send('Profiler.enable');
    await devtools.send('Profiler.start');
  }
  const results: Round[] = [];
  for (let round = 0; round < rounds; round += 1) results.push(await measureRound(page, devtools, shop));
  if (profileFile !== undefined) {
    const { profile } = await devtools.send('Profiler.stop');
    await writeFile(profileFile, JSON.stringify(profile));
  }
  const heapAfter = await heapOf(devtools);
  if (visitor.errors.length > 0) throw new Error(`the page failed: ${visitor.errors.join('; ')}`);
  const what = (name: string): string => `${count} open orders, ${layout}: ${name}`;
  const of = (name: keyof Round): number[] => results.map((round) => round[name]);
  return [
    { name: what('frames'), unit: 'per second', better: 'more', values: of('frames') },
    { name: what('frame time, p95'), unit: 'ms', better: 'less', values: of('p95') },
    { name: what('tasks over 50 ms'), unit: 'number', better: 'less', values: of('long') },
    { name: what('longest task over 50 ms'), unit: 'ms', better: 'less', values: of('longest') },
    { name: what('CPU of the main thread in a second'), unit: 'ms', better: 'less', values: of('cpu') },
    { name: what('the last change until it is shown'), unit: 'ms', better: 'less', values: of('last') },
    { name: what('JS heap at first'), unit: 'MB', better: 'less', values: [heapBefore] },
    { name: what('JS heap at the end'), unit: 'MB', better: 'less', values: [heapAfter] },
  ];
};

/** Resolves to the figures of a browser that shows `count` open orders. */
const measureWith = (system: System, browser: Browser, count: number, layout: Layout): Promise<Measured[]> =>
  withMovingOrders(system, count, async (shop) => {
    const visitor = await Visitor.arrive(browser, 'bench', system.dashboardUrl, { viewport: desktop });
    try {
      return await measure(visitor, shop, layout);
    } finally {
      await visitor.leave();
    }
  });

if (dashboardOutdated()) await buildDashboard(new AbortController().signal);
await withSystem(
  async (system) => {
    const { browser, close } = await launchBrowser();
    try {
      for (const count of counts)
        for (const layout of layouts) await report('dashboard', await measureWith(system, browser, count, layout));
    } finally {
      await close();
    }
  },
  ['users', 'orders', 'bridge', 'gateway', 'dashboard'],
);
