import type { Tone } from '../sound/tones.ts';
import type { News } from './order-watch.ts';

/** Milliseconds. */
const pause = 2_000;
const repeatPause = 30_000;

/**
 * Decides when which tone sounds. Times are ms of a clock that never goes back; whether anything is to be heard at all is for
 * who asks.
 */
export class Bell {
  readonly #rangAt = new Map<Tone, number>();
  /** `found`: whatever is late was so when the page opened, or nothing is. */
  #alarm: 'found' | 'ringing' | 'acknowledged' = 'found';

  /** Whether somebody has seen all orders that are late; what becomes late afterwards counts as unseen again. */
  get acknowledged(): boolean {
    return this.#alarm === 'acknowledged';
  }

  acknowledge(): void {
    this.#alarm = 'acknowledged';
  }

  /**
   * The tones that begin at `now`: one for each kind of news unless it has just sounded, and again for late orders that nobody
   * has acknowledged, where that is wanted (`repeat`). `late` is how many orders are late now.
   */
  ring(news: News, now: number, { late, repeat }: { late: number; repeat: boolean }): Tone[] {
    if (news.late > 0) this.#alarm = 'ringing';
    else if (late === 0 && this.#alarm === 'ringing') this.#alarm = 'found';
    const again = repeat && this.#alarm === 'ringing' && this.#rests('late', repeatPause, now);
    const tones: Tone[] = [];
    if (news.fresh > 0 && this.#rests('fresh', pause, now)) tones.push('fresh');
    if ((news.late > 0 && this.#rests('late', pause, now)) || again) tones.push('late');
    for (const tone of tones) this.#rangAt.set(tone, now);
    return tones;
  }

  #rests(tone: Tone, ms: number, now: number): boolean {
    const rangAt = this.#rangAt.get(tone);
    return rangAt === undefined || now - rangAt >= ms;
  }
}
