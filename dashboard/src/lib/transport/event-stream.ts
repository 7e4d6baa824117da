import { EventSourceParserStream } from 'eventsource-parser/stream';
import { lostCode, type LiveSocket } from './socket.ts';

/** The address of the server-sent events, made from that of the WebSocket. */
export function eventsUrl(socketUrl: URL): URL {
  const url = new URL(socketUrl);
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  url.pathname = url.pathname.replace(/\/ws$/, '/live/events');
  return url;
}

/**
 * Server-sent events, with the interface of a socket that only listens. They are read by `fetch`, because an `EventSource`
 * reconnects by itself to the same address, whose ticket is used up.
 */
export class EventStream implements LiveSocket {
  readonly #over = new AbortController();
  #onMessage = (_: { data: unknown }): void => undefined;
  #onClose = (_: { code: number }): void => undefined;

  constructor(url: URL) {
    void this.#follow(url).then(() => this.#onClose({ code: lostCode }));
  }

  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  addEventListener(type: 'message' | 'close', listener: (event: { data: unknown; code: number }) => void): void {
    if (type === 'message') this.#onMessage = (event) => listener({ ...event, code: 0 });
    else this.#onClose = (event) => listener({ ...event, data: null });
  }

  close(): void {
    this.#over.abort();
  }

  /** Resolves when the stream has ended, for whatever reason. */
  async #follow(url: URL): Promise<void> {
    const { signal } = this.#over;
    const answer = await fetch(url, { signal, cache: 'no-store', headers: { accept: 'text/event-stream' } }).catch(
      () => null,
    );
    if (!answer?.ok || !answer.body) return;
    const sink = new WritableStream<{ data: string }>({ write: ({ data }) => this.#onMessage({ data }) });
    await answer.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
      .pipeTo(sink, { signal })
      .catch(() => undefined);
  }
}
