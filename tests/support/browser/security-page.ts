import type { Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';

/** Opens a page of the dashboard, and waits until its scripts have taken it over. */
export const open = async (page: Page, path: string): Promise<void> => {
  await page.goto(path);
  await page.locator('[data-testid=connection][data-phase=live]').waitFor();
};

export const events = (page: Page): Locator =>
  page.getByRole('list', { name: 'Security events' }).getByRole('listitem');

/** The types of the events that are listed: all at one moment, because the list may change between two questions. */
export const shown = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>("[...document.querySelectorAll('[data-event]')].map((item) => item.dataset.event)");

export const shows = (page: Page, types: string[]): Promise<void> =>
  vi.waitFor(async () => expect(await shown(page)).toEqual(types), { timeout: 20_000 });

/** Once the last search is answered, or has failed. */
export const answered = (page: Page): Promise<void> => page.locator('[aria-busy=false]').waitFor();

/** What a screen reader says of the list. */
export const told = (page: Page): Promise<string | null> => page.locator('p[role=status]').textContent();
