import { z } from 'zod';

const isOrigin = (text: string): boolean => URL.parse(text)?.origin === text;

/** A setting: origins separated by commas. Each as browsers write theirs, because they are compared letter by letter. */
export const originList = z
  .string()
  .default('http://localhost:3003,http://127.0.0.1:3003')
  .transform((text, context) => {
    const origins = text.split(',').map((origin) => origin.trim());
    const wrong = origins.filter((origin) => !isOrigin(origin)).map((origin) => JSON.stringify(origin));
    if (wrong.length > 0) {
      const rule = 'an origin is written as https://orders.example.com, without a slash at the end or a usual port';
      context.addIssue({ code: 'custom', message: `${rule}, and not ${wrong.join(', ')}` });
    }
    return origins;
  });

/**
 * Which pages may call the gateway: those of the list, and those that were opened at the gateway's own address. With
 * `sameHost`, as in development, a page of the same host may as well, whatever its port, so that a phone in the same network
 * can use the dashboard without a setting. The gateway reads no cookies, so that a page which only claims to be of its address
 * has nothing to come with.
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
      const { protocol, hostname } = new URL(origin);
      return protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
    });
  }

  /** `host` is the request's Host header. A client that sends no Origin is no browser, and may. */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#allowed.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const page = new URL(origin);
    // Behind a proxy that ends TLS the gateway need not know the scheme, by which a port may be left out of the header.
    const own = URL.parse(`${page.protocol}//${host ?? ''}`);
    if (!own || !page.host) return false;
    return page.host === own.host || (this.#sameHost && page.hostname === own.hostname);
  }
}
