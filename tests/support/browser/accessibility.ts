import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds wrong in a page as it is, or in the first element that fits `selector`: each rule with the elements that break it. */
export const violations = async (page: Page, selector = 'html'): Promise<string[]> => {
  await page.evaluate(`${axe.source}; null`);
  return page.evaluate<string[]>(
    `axe.run(document.querySelector(${JSON.stringify(selector)})).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`,
  );
};
