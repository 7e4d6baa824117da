import { serverFrame, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { WebSocket } from 'ws';
import type { Api } from './api.ts';

type Message<E extends ServerMessage['event']> = Extract<ServerMessage, { event: E }>;

/** A socket as a client sees it: every message parsed, none dropped; `next` waits for what one looks for. */
export class Socket {
  readonly messages: ServerMessage[] = [];
  readonly frames: string[] = [];
  readonly raw: WebSocket;
  /** Code and reason, once the socket is closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  #watchers = new Set<() => void>();

  private constructor(raw: WebSocket) {
    this.raw = raw;
    raw.on('message', (data: Buffer) => {
      const text = data.toString();
      this.frames.push(text);
      this.messages.push(...serverFrame.parse(JSON.parse(text)));
      for (const watcher of this.#watchers) watcher();
    });
    this.closed = new Promise((resolve) => {
      raw.on('close', (code: number, reason: Buffer) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Connects with a bearer token. Rejects with the status of a refused upgrade. */
  static open(api: Api, { since, path = '/ws' }: { since?: string; path?: string } = {}): Promise<Socket> {
    const query = since ? `?since=${since}` : '';
    return Socket.connect(`${api.url.replace('http', 'ws')}${path}${query}`, {
      authorization: `Bearer ${api.session?.access_token ?? ''}`,
    });
  }

  static connect(url: string, headers: Record<string, string> = {}): Promise<Socket> {
    const raw = new WebSocket(url, { headers });
    const socket = new Socket(raw);
    return new Promise((resolve, reject) => {
      raw.on('open', () => resolve(socket));
      raw.on('unexpected-response', (_request, response) => {
        raw.terminate();
        reject(new Error(`refused with ${response.statusCode}`));
      });
      raw.on('error', reject);
    });
  }

  /** The first message, now or later, of this event that fits; each call looks from the beginning. */
  async next<E extends ServerMessage['event']>(
    event: E,
    fits: (message: Message<E>) => boolean = () => true,
    ms = 20_000,
  ): Promise<Message<E>> {
    const find = (): Message<E> | undefined => {
      for (const message of this.messages) if (isEvent(message, event) && fits(message)) return message;
      return undefined;
    };
    const found = find();
    if (found) return found;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(watcher);
        const last = this.messages.slice(-5).map((message) => `${message.event} ${message.seq}`);
        reject(new Error(`no ${event} within ${ms} ms; the last messages were: ${last.join(', ')}`));
      }, ms);
      const watcher = (): void => {
        const match = find();
        if (!match) return;
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve(match);
      };
      this.#watchers.add(watcher);
    });
  }

  async close(): Promise<void> {
    this.raw.close();
    await this.closed;
  }
}

const isEvent = <E extends ServerMessage['event']>(message: ServerMessage, event: E): message is Message<E> =>
  message.event === event;
