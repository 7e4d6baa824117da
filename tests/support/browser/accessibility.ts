import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds wrong in a page as it is, each rule with the elements that break it. */
export const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(`${axe.source}; null`);
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`,
  );
};
