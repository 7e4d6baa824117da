export const themes = [
  { name: 'system', label: 'As the system' },
  { name: 'light', label: 'Light' },
  { name: 'dark', label: 'Dark' },
] as const;
type Theme = (typeof themes)[number]['name'];

/** The colours of the pages, which this browser remembers in a cookie, so that the server renders them at once. */
class ThemeChoice {
  #name = $state<Theme>('system');

  get name(): Theme {
    return this.#name;
  }

  choose(name: string): void {
    this.#take(name);
    document.documentElement.dataset.theme = this.#name;
    const secure = location.protocol === 'https:' ? '; secure' : '';
    document.cookie = `theme=${this.#name}; path=/; max-age=31536000; samesite=lax${secure}`;
  }

  /** Takes over what the page was rendered with. */
  restore(): void {
    this.#take(document.documentElement.dataset.theme);
  }

  #take(name: string | undefined): void {
    this.#name = themes.find((one) => one.name === name)?.name ?? 'system';
  }
}

export const theme = new ThemeChoice();
