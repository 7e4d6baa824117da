import { createContext, untrack } from 'svelte';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import { countLate } from '../feed/order-lists.ts';
import type { OrderChange } from '../live/state.ts';
import { RingingTab } from '../sound/ringing-tab.ts';
import { Tones } from '../sound/tones.ts';
import { clock } from '../ui/clock.svelte.ts';
import { steadyNow } from '../ui/steady-clock.ts';
import { Bell } from './bell.ts';
import { DesktopNotes } from './desktop-notes.svelte.ts';
import { Digest, newsWords } from './digest.ts';
import { OrderWatch } from './order-watch.ts';
import { ScreenLock } from './screen-lock.svelte.ts';
import { isAboutSettings, keepSettings, quiet, readSettings, type Settings } from './settings.ts';

/** Milliseconds for which what was said stays, so that the same words are read out again when they are said again. */
const sayMs = 5_000;

/** Calls the team to orders that are new or became late: by sound, notification and words, each as this browser is set. */
export class Attention {
  readonly desktop = new DesktopNotes();
  readonly screen = new ScreenLock();
  readonly #live: LiveOrders;
  readonly #watch = new OrderWatch();
  readonly #bell = new Bell();
  readonly #digest = new Digest();
  readonly #ringing = new RingingTab();
  readonly #tones = new Tones((state) => {
    this.#blocked = state === 'blocked';
    this.#ringing.want(state === 'ready');
  });
  /** Between the tabs of this browser: all late orders were seen. */
  #seen: BroadcastChannel | null = null;
  #settings = $state.raw(quiet);
  #blocked = $state(false);
  #acknowledged = $state(false);
  #said = $state('');
  #saidAt = 0;

  constructor(live: LiveOrders) {
    this.#live = live;
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Whether sound is on, but the browser holds it back until somebody presses something in the page. */
  get blocked(): boolean {
    return this.#settings.sound && this.#blocked;
  }

  /** How many orders are late; 0 until every open order is known. */
  get late(): number {
    return this.#live.complete ? countLate(this.#live.byDue, clock.now) : 0;
  }

  /** Whether somebody here has seen all orders that are late. */
  get acknowledged(): boolean {
    return this.#acknowledged;
  }

  /** The latest news, in words for screen readers. */
  get said(): string {
    return this.#said;
  }

  set(change: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...change };
    keepSettings(this.#settings);
    this.#apply();
  }

  /** Asks for permission first; without it, notifications stay off. */
  async setDesktop(wanted: boolean): Promise<void> {
    this.set({ desktop: wanted && (await this.desktop.ask()) });
  }

  /** In every tab of this browser. */
  acknowledge(): void {
    this.#acknowledge();
    this.#seen?.postMessage(null);
  }

  /** Plays both tones, also while sound is off. To be called when the user presses something. */
  async test(): Promise<void> {
    this.#tones.open();
    await this.#tones.resume();
    this.#tones.play('fresh');
    this.#tones.play('late');
  }

  /** Begins to watch, until the returned function is called. */
  start(): () => void {
    const ended = new AbortController();
    const { signal } = ended;
    const seen = (this.#seen = new BroadcastChannel('live-orders:late-seen'));
    seen.addEventListener('message', () => this.#acknowledge());
    this.#read();
    // What a page does that puts an order in must not depend on anything that is looked at here.
    this.#live.onChanges = (changes) => untrack(() => this.#look(changes));
    const timer = setInterval(() => this.#look([]), 1000);
    window.addEventListener('storage', (event) => isAboutSettings(event) && this.#read(), { signal });
    document.addEventListener('visibilitychange', () => this.#show(), { signal });
    for (const press of ['click', 'keydown'] as const) {
      document.addEventListener(press, () => void this.#tones.resume(), { signal, capture: true });
    }
    return () => {
      ended.abort();
      seen.close();
      clearInterval(timer);
      this.#live.onChanges = () => undefined;
      this.#tones.close();
      this.screen.want(false);
      this.desktop.seen();
    };
  }

  #acknowledge(): void {
    this.#bell.acknowledge();
    this.#acknowledged = true;
  }

  #read(): void {
    this.#settings = readSettings();
    this.desktop.look();
    this.#apply();
  }

  #apply(): void {
    if (this.#settings.sound) this.#tones.open();
    else this.#tones.close();
    this.screen.want(this.#settings.awake);
  }

  #show(): void {
    if (document.visibilityState !== 'visible') return;
    this.desktop.seen();
    void this.screen.take();
  }

  #look(changes: readonly OrderChange[]): void {
    if (!this.#live.complete) return;
    const now = steadyNow();
    const lateAt = (time: number): number => this.#live.lateAt(time);
    const news = this.#watch.look(changes, clock.now, lateAt);
    const { sound, repeat, desktop } = this.#settings;
    const tones = this.#bell.ring(news, now, { late: lateAt(clock.now), repeat });
    if (sound && this.#ringing.isThis) for (const tone of tones) this.#tones.play(tone);
    this.#acknowledged = this.#bell.acknowledged;
    this.#digest.add(news, now);
    const told = this.#digest.take(now);
    if (told) {
      this.#said = newsWords(told);
      this.#saidAt = now;
      if (desktop && document.visibilityState === 'hidden') this.desktop.tell(told);
    } else if (now - this.#saidAt >= sayMs) this.#said = '';
  }
}

export const [getAttention, setAttention] = createContext<Attention>();
