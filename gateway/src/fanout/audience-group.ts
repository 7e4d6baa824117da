import type { Position } from '@live-orders/contracts/socket/position.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { type Delivery, encode } from './audience.ts';
import { behindBytes, Conflation, drainedBytes } from './backpressure.ts';
import type { Client } from './client.ts';
import { Frame, type FrameCache } from './frame.ts';

interface AudienceGroupOptions {
  /** Is called when something is pending, and when a client turns out to be behind, or still is. */
  onDue: () => void;
  /** Has to close a client that has read too slowly for too long, and to remove it. */
  letGo: (client: Client) => void;
  /** Hears how many events a client has been told to have missed. */
  countSkipped: (count: number) => void;
}

/**
 * The clients of one audience, and what they are sent with the next flush. A frame is built once for all who keep up;
 * for each who is behind, what it misses waits by itself.
 */
export class AudienceGroup {
  readonly #options: AudienceGroupOptions;
  readonly #keepingUp = new Set<Client>();
  readonly #behind = new Map<Client, Conflation>();
  #pending: Delivery[] = [];

  constructor(options: AudienceGroupOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#keepingUp.size + this.#behind.size;
  }

  /** How many clients read too slowly at the moment. */
  get behind(): number {
    return this.#behind.size;
  }

  *clients(): Generator<Client> {
    yield* this.#keepingUp;
    yield* this.#behind.keys();
  }

  has(client: Client): boolean {
    return this.#keepingUp.has(client) || this.#behind.has(client);
  }

  /** Adds a client that has been sent everything up to now. Flush before: what is pending would come to it twice. */
  add(client: Client): void {
    this.#keepingUp.add(client);
  }

  /** Removes a client; false when it was not here. */
  remove(client: Client): boolean {
    return this.#keepingUp.delete(client) || this.#behind.delete(client);
  }

  /** Keeps a delivery for the next flush. */
  push(delivery: Delivery): void {
    this.#pending.push(delivery);
    this.#options.onDue();
  }

  /** Sends what is pending, and to clients that have caught up what waited for them. */
  flush(position: Position, frames: FrameCache): void {
    const deliveries = this.#pending;
    if (deliveries.length > 0) {
      this.#pending = [];
      this.#send(frames.frameOf(deliveries, position));
      for (const waiting of this.#behind.values()) for (const delivery of deliveries) waiting.add(delivery);
    }
    for (const [client, waiting] of this.#behind) this.#look(client, waiting, position);
  }

  /**
   * Sends a frame to those who keep up, and not to those behind: a heartbeat's position says that everything before it was
   * sent, which for them comes true with their next frame.
   */
  broadcast(frame: Frame): void {
    this.#send(frame);
  }

  /** Sends a message to one client of the group, after everything before it. */
  tell(client: Client, message: ServerMessage, position: Position): void {
    const text = encode(message);
    const waiting = this.#waitingFor(client);
    if (waiting) waiting.notify(message.event, text);
    else client.send(new Frame([text], position));
  }

  /** Tells everybody to read the snapshot anew: `text` is the message, `frame` the frame that holds it alone. */
  resync(text: string, frame: Frame): void {
    for (const waiting of this.#behind.values()) waiting.restart(text);
    this.#send(frame, (waiting) => waiting.restart(text));
  }

  /** Sends to those who keep up; `miss` is called for each client that turns out to be behind, and gets nothing. */
  #send(frame: Frame, miss: (waiting: Conflation) => void = () => undefined): void {
    for (const client of this.#keepingUp) {
      const waiting = this.#waitingFor(client);
      if (waiting) miss(waiting);
      else client.send(frame);
    }
  }

  /** What waits for a client that is behind, or turns out to be; null for one that may be sent to. */
  #waitingFor(client: Client): Conflation | null {
    const known = this.#behind.get(client);
    if (known || client.backlog() <= behindBytes) return known ?? null;
    const waiting = new Conflation(performance.now());
    this.#keepingUp.delete(client);
    this.#behind.set(client, waiting);
    this.#options.onDue();
    return waiting;
  }

  /** Looks at a client that is behind: it may have caught up, or have to go. */
  #look(client: Client, waiting: Conflation, position: Position): void {
    if (client.backlog() <= drainedBytes) {
      this.#behind.delete(client);
      this.#keepingUp.add(client);
      const { texts, skipped: count } = waiting;
      if (count > 0) {
        texts.unshift(encode({ event: 'skipped', seq: position.seq, data: { count } }));
        this.#options.countSkipped(count);
      }
      if (texts.length > 0) client.send(new Frame(texts, position));
    } else if (waiting.isTooMuch(performance.now())) {
      this.#options.letGo(client);
    } else {
      this.#options.onDue();
    }
  }
}
