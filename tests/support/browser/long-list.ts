import type { Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { z } from 'zod';

/** Of the board only the rows in sight and some more are in the page. What tests look for further down is scrolled to. */

const nextFrame = 'new Promise(requestAnimationFrame)';

/** Scrolls down, and then once more from the top, until the row of an order comes, and then to where it is in the middle of the window. Gives where it came to rest. */
export const scrollToRow = async (page: Page, number: number): Promise<number> => {
  let last = Number.NaN;
  await vi.waitFor(
    async () => {
      const top = await page.evaluate<number | null>(`(async () => {
        const find = () => document.querySelector('[data-testid=board] [data-order-number="${number}"]');
        for (let before = -1; !find() && scrollY !== before; await ${nextFrame}, await ${nextFrame}) {
          before = scrollY;
          scrollBy({ top: innerHeight / 2, behavior: 'instant' });
        }
        if (!find()) scrollTo({ top: 0, behavior: 'instant' });
        find()?.scrollIntoView({ block: 'center' });
        return find()?.getBoundingClientRect().top ?? null;
      })()`);
      const before = last;
      last = top ?? Number.NaN;
      expect(top).toBe(before);
    },
    { timeout: 20_000 },
  );
  return last;
};

/** Scrolls the window, or a column, to a share of its height, until it is there however high the rows have turned out. */
export const scrollToShare = async (page: Page, share: number, selector = 'html'): Promise<void> => {
  let last = Number.NaN;
  await vi.waitFor(
    async () => {
      const top = await page.evaluate<number>(`(() => {
        const scroller = document.querySelector('${selector}');
        scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * ${share};
        return scroller.scrollTop;
      })()`);
      const before = last;
      last = top;
      expect(top).toBe(before);
    },
    { timeout: 20_000 },
  );
};

const orders = z.array(z.tuple([z.number(), z.string(), z.number()]));

/** Number, status and version of every row from the top to the bottom, the highest number first. */
export const allRows = async (page: Page) =>
  orders.parse(
    await page.evaluate(`(async () => {
      const seen = new Map();
      scrollTo({ top: 0, behavior: 'instant' });
      for (let before = -1; ; ) {
        await ${nextFrame};
        await ${nextFrame};
        for (const { dataset } of document.querySelectorAll('[data-testid=board] [data-order-number]'))
          seen.set(dataset.orderNumber, [Number(dataset.orderNumber), dataset.status, Number(dataset.version)]);
        if (scrollY === before) break;
        before = scrollY;
        scrollBy({ top: innerHeight / 2, behavior: 'instant' });
      }
      return [...seen.values()].sort(([a], [b]) => b - a);
    })()`),
  );
