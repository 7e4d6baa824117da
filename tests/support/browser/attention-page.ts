import type { Page } from 'playwright-core';
import { expect, vi } from 'vitest';

/** Notes what the page really does: the wave of each oscillator that starts, what is said, and what is notified. */
export const ears = `
  window.started = [];
  window.said = [];
  window.notified = [];
  window.AudioContext = class extends AudioContext {
    constructor() {
      super();
      // As a browser does that lets no page sound before its user has pressed something.
      if (sessionStorage.getItem('silent')) void this.suspend();
    }
  };
  window.OscillatorNode = class extends OscillatorNode {
    start(at) {
      window.started.push(this.type);
      super.start(at);
    }
  };
  // A browser without a window shows no notifications and asks nobody: one that has a window is played.
  if (sessionStorage.getItem('window'))
    window.Notification = class extends EventTarget {
      static permission = 'default';
      static async requestPermission() {
        return (this.permission = 'granted');
      }
      constructor(title, { tag }) {
        super();
        this.tag = tag;
        window.notified.push(title);
        window.latest = this;
      }
      close() {
        window.notified.push('closed');
      }
    };
  let last = '';
  new MutationObserver(() => {
    const words = document.querySelector('[data-testid=news]')?.textContent ?? '';
    if (words !== last && words !== '') window.said.push(words);
    last = words;
  }).observe(document, { childList: true, characterData: true, subtree: true });
`;

/** The waves of the two tones. */
export const tones = { fresh: 'sine', late: 'triangle' };

const until = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 30_000 });

/** What a page with `ears` has played, said and notified, once it is as it should be. */
export const hasStarted = (page: Page, waves: string[]) =>
  until(async () => expect(await page.evaluate('window.started')).toEqual(waves));
export const hasSaid = (page: Page, words: string[]) =>
  until(async () => expect(await page.evaluate('window.said')).toEqual(words));
export const hasNotified = (page: Page, titles: string[]) =>
  until(async () => expect(await page.evaluate('window.notified')).toEqual(titles));

export const started = (page: Page) => page.evaluate<string[]>('window.started');

export const bell = (page: Page) => page.getByTestId('attention');
export const dialog = (page: Page) => page.getByRole('dialog', { name: 'Alerts' });

/** Resolves when the bell is in a state: its `sound`, or how many late orders are `unseen`. */
export const shows = (page: Page, name: 'sound' | 'unseen', value: string) =>
  page.locator(`[data-testid=attention][data-${name}="${value}"]`).waitFor();

export const openPanel = async (page: Page): Promise<void> => {
  await bell(page).click();
  await dialog(page).waitFor();
};

export const closePanel = async (page: Page): Promise<void> => {
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
};

/** Switches settings to what they are not. */
export const turn = async (page: Page, ...names: string[]): Promise<void> => {
  await openPanel(page);
  for (const name of names) await dialog(page).getByRole('switch', { name }).click();
  await closePanel(page);
};
