/**
 * Which pages may call the gateway. With `sameHost`, as in development, a page of the gateway's own host may as well, whatever
 * its port, so that a phone in the same network can use the dashboard without a setting.
 */
export class Origins {
  readonly #allowed: Set<string>;
  readonly #sameHost: boolean;

  constructor(allowed: string[], { sameHost }: { sameHost: boolean }) {
    this.#allowed = new Set(allowed);
    this.#sameHost = sameHost;
  }

  /** Pages that do not come by https, although from another machine: passwords and tokens can be read on their way. */
  get unencrypted(): string[] {
    return [...this.#allowed].filter((origin) => {
      if (!URL.canParse(origin)) return false;
      const { protocol, hostname } = new URL(origin);
      return protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
    });
  }

  /** `host` is the request's Host header. A client that sends no Origin is no browser, and may. */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#allowed.has(origin)) return true;
    if (!this.#sameHost || !URL.canParse(origin) || !URL.canParse(`http://${host ?? ''}`)) return false;
    return new URL(origin).hostname === new URL(`http://${host ?? ''}`).hostname;
  }
}
