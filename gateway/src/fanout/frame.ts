import { formatPosition, type Position } from '@live-orders/contracts/socket/position.ts';
import type { Delivery } from './audience.ts';

/**
 * Messages that go out together, shared by every client that gets them: the bytes of each transport are made once, when
 * the first client needs them.
 */
export class Frame {
  readonly #texts: readonly string[];
  readonly #position: Position | null;
  #json: string | undefined;
  #webSocket: Buffer | undefined;
  #serverSentEvent: Buffer | undefined;

  /** `position` is where a client is once it has received everything up to this frame; null when that is not known. */
  constructor(texts: readonly string[], position: Position | null) {
    this.#texts = texts;
    this.#position = position;
  }

  /** The messages as a JSON array. */
  get json(): string {
    this.#json ??= `[${this.#texts.join(',')}]`;
    return this.#json;
  }

  /** The JSON in a text frame of a WebSocket (RFC 6455, 5.2): whole, and without a mask, as servers send it. */
  get webSocket(): Buffer {
    if (this.#webSocket) return this.#webSocket;
    const header = headerOf(Buffer.byteLength(this.json));
    this.#webSocket = Buffer.concat([header, Buffer.from(this.json)]);
    return this.#webSocket;
  }

  /** One server-sent event, whose id is the position. JSON has no line breaks, so one line of data is enough. */
  get serverSentEvent(): Buffer {
    const id = this.#position ? `id: ${formatPosition(this.#position)}\n` : '';
    this.#serverSentEvent ??= Buffer.from(`${id}data: ${this.json}\n\n`);
    return this.#serverSentEvent;
  }
}

/** What stands before the bytes of a text frame: that it is one, and its length in one, two or eight bytes. */
const headerOf = (length: number): Buffer => {
  const [textFrame, twoBytes, eightBytes] = [0x81, 126, 127];
  if (length < twoBytes) return Buffer.from([textFrame, length]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = textFrame;
  header[1] = length < 65_536 ? twoBytes : eightBytes;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return header;
};

/**
 * Makes the frames of one flush. Audiences that are told the same get the same frame: an event for everyone would be made
 * into one for each customer who is here.
 */
export class FrameCache {
  #deliveries: readonly Delivery[] = [];
  #frame: Frame | null = null;

  frameOf(deliveries: readonly Delivery[], position: Position): Frame {
    const known = this.#deliveries;
    const isSame = deliveries.length === known.length && deliveries.every((one, n) => one === known[n]);
    if (this.#frame && isSame) return this.#frame;
    this.#deliveries = deliveries;
    this.#frame = new Frame(
      deliveries.map(({ text }) => text),
      position,
    );
    return this.#frame;
  }
}
