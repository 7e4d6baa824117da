import { formatPosition, type Position } from '@live-orders/contracts/socket/position.ts';

/**
 * Messages that go out together, shared by every client that gets them: the bytes of each transport are made once, when
 * the first client needs them.
 */
export class Frame {
  readonly #texts: readonly string[];
  readonly #position: Position | null;
  #json: Buffer | undefined;
  #serverSentEvent: Buffer | undefined;

  /** `position` is where a client is once it has received everything up to this frame; null when that is not known. */
  constructor(texts: readonly string[], position: Position | null) {
    this.#texts = texts;
    this.#position = position;
  }

  /** A JSON array, as a WebSocket sends it. */
  get json(): Buffer {
    this.#json ??= Buffer.from(`[${this.#texts.join(',')}]`);
    return this.#json;
  }

  /** One server-sent event, whose id is the position. JSON has no line breaks, so one line of data is enough. */
  get serverSentEvent(): Buffer {
    const id = this.#position ? `id: ${formatPosition(this.#position)}\n` : '';
    this.#serverSentEvent ??= Buffer.from(`${id}data: [${this.#texts.join(',')}]\n\n`);
    return this.#serverSentEvent;
  }
}
