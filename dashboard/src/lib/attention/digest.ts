import { addNews, type News, noNews } from './order-watch.ts';

/** Milliseconds for which the first news waits for others that come with it. */
const gather = 2_000;
/** Milliseconds between two reports. */
const pause = 10_000;

/** Sums news up, so that a person is told of them at most every ten seconds. Times are ms of a clock that never goes back. */
export class Digest {
  #news = noNews;
  /** When the first of the news that wait came; null while there are none. */
  #since: number | null = null;
  #toldAt = -Infinity;

  add(news: News, now: number): void {
    if (news.fresh === 0 && news.late === 0) return;
    this.#news = addNews(this.#news, news);
    this.#since ??= now;
  }

  /** What is to be told at `now`, which counts as told from then on; null for nothing. */
  take(now: number): News | null {
    if (this.#since === null || now - this.#since < gather || now - this.#toldAt < pause) return null;
    const news = this.#news;
    this.#news = noNews;
    this.#since = null;
    this.#toldAt = now;
    return news;
  }
}

const newOrders = (count: number): string => `${count} new ${count === 1 ? 'order' : 'orders'}`;
export const lateOrders = (count: number): string => `${count} late ${count === 1 ? 'order' : 'orders'}`;

/** `3 new orders, 1 late`. */
export const newsWords = ({ fresh, late }: News): string => {
  if (late === 0) return newOrders(fresh);
  return fresh === 0 ? lateOrders(late) : `${newOrders(fresh)}, ${late} late`;
};
