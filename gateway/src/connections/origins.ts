/**
 * Which pages may talk to the gateway. In development a page of the same host counts too, whatever its port, so that
 * a phone in the same network just works.
 */
export class Origins {
  readonly #allowed: Set<string>;
  readonly #sameHost: boolean;

  constructor(allowed: string[], { sameHost }: { sameHost: boolean }) {
    this.#allowed = new Set(allowed);
    this.#sameHost = sameHost;
  }

  /** `host` is the request's own Host header. A client without Origin is no browser, and passes. */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#allowed.has(origin)) return true;
    if (!this.#sameHost || !URL.canParse(origin) || !URL.canParse(`http://${host ?? ''}`)) return false;
    return new URL(origin).hostname === new URL(`http://${host ?? ''}`).hostname;
  }
}
