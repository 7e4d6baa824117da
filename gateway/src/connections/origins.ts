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

  /** `host` is the request's Host header. A client that sends no Origin is no browser, and may. */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#allowed.has(origin)) return true;
    if (!this.#sameHost || !URL.canParse(origin) || !URL.canParse(`http://${host ?? ''}`)) return false;
    return new URL(origin).hostname === new URL(`http://${host ?? ''}`).hostname;
  }
}
