import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds wrong with the first element that fits `selector`: each broken rule, with the elements that break it. */
export const accessibilityFaults = async (page: Page, selector: string): Promise<string[]> => {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run(document.querySelector(${JSON.stringify(selector)})).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`,
  );
};
