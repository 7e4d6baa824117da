import { newsWords } from './digest.ts';
import { addNews, type News, noNews } from './order-watch.ts';

/** Tells of news by notifications of the desktop while the page is hidden. */
export class DesktopNotes {
  /** `missing`: pages cannot show any in this browser. */
  permission = $state<NotificationPermission | 'missing'>('default');
  /** What was told since the page was hidden. */
  #told = noNews;
  #shown: Notification | null = null;

  /** Reads what the browser allows, which its user may have changed in its settings. */
  look(): void {
    this.permission = 'Notification' in window ? Notification.permission : 'missing';
  }

  /** Asks the user whether notifications may be shown, where they have not decided; returns whether they may. */
  async ask(): Promise<boolean> {
    this.look();
    if (this.permission === 'default') this.permission = await Notification.requestPermission();
    return this.permission === 'granted';
  }

  /** Shows everything that is new since the page was hidden, in place of what was shown before. */
  tell(news: News): void {
    this.look();
    if (this.permission !== 'granted') return;
    this.#told = addNews(this.#told, news);
    try {
      this.#shown = new Notification(newsWords(this.#told), { tag: 'live-orders', body: 'Live Orders' });
    } catch {
      // Browsers of phones have the class, but let no page use it.
      this.permission = 'missing';
      return;
    }
    this.#shown.addEventListener('click', () => {
      window.focus();
      this.seen();
    });
  }

  /** To be called when the page is shown again. */
  seen(): void {
    this.#told = noNews;
    this.#shown?.close();
    this.#shown = null;
  }
}
