import type { CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import type { Position } from '@live-orders/contracts/socket/position.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { Identity } from '@live-orders/runtime/http/auth.ts';
import { type Delivery, encode } from './audience.ts';
import { behindBytes, Conflation, drainedBytes } from './backpressure.ts';
import { Frame } from './frame.ts';

/** A connection, as the hub needs it. */
export interface Client {
  identity: Identity;
  /** Bytes that were sent but not yet taken by the network. */
  backlog(): number;
  send(frame: Frame): void;
  close(reason: CloseReason): void;
}

/** The clients of one audience, and what waits for the next tick. A frame is built once for all who keep up. */
export class Room {
  readonly #keepingUp = new Set<Client>();
  readonly #behind = new Map<Client, Conflation>();
  readonly #letGo: (client: Client) => void;
  readonly #skip: (count: number) => void;
  readonly #now: () => number;
  #pending: Delivery[] = [];

  /** `letGo` has to close a client that reads too slowly, and to remove it; `skip` hears what one has been told to miss. */
  constructor(letGo: (client: Client) => void, skip: (count: number) => void, now: () => number) {
    this.#letGo = letGo;
    this.#skip = skip;
    this.#now = now;
  }

  get size(): number {
    return this.#keepingUp.size + this.#behind.size;
  }

  /** How many read too slowly at the moment. */
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

  /** Takes in a client that has been sent everything up to now; flush before. */
  add(client: Client): void {
    this.#keepingUp.add(client);
  }

  /** Whether the client was here. */
  remove(client: Client): boolean {
    return this.#keepingUp.delete(client) || this.#behind.delete(client);
  }

  /** Takes in what the next flush is to send. */
  push(delivery: Delivery): void {
    this.#pending.push(delivery);
  }

  /** Sends what is pending, and what waits for those who were behind and no longer are. */
  flush(position: Position): void {
    const deliveries = this.#pending;
    if (deliveries.length > 0) {
      this.#pending = [];
      const frame = new Frame(
        deliveries.map(({ text }) => text),
        position,
      );
      this.#send(frame);
      for (const waiting of this.#behind.values()) for (const delivery of deliveries) waiting.add(delivery);
    }
    for (const [client, waiting] of this.#behind) this.#look(client, waiting, position);
  }

  /**
   * Sends to those who keep up. Not to those behind: a heartbeat's position says that everything before it was sent,
   * which for them comes true with their next frame.
   */
  broadcast(frame: Frame): void {
    this.#send(frame);
  }

  /** Sends a message to one client of the room, after everything before it. */
  tell(client: Client, message: ServerMessage, position: Position): void {
    const text = encode(message);
    const waiting = this.#waitingFor(client);
    if (waiting) waiting.notify(message.event, text);
    else client.send(new Frame([text], position));
  }

  /** Tells everybody to read the snapshot anew. */
  resync(text: string, frame: Frame): void {
    for (const waiting of this.#behind.values()) waiting.restart(text);
    this.#send(frame, (waiting) => waiting.restart(text));
  }

  /** `miss` is called for a client that turns out to be behind. */
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
    const waiting = new Conflation(this.#now());
    this.#keepingUp.delete(client);
    this.#behind.set(client, waiting);
    return waiting;
  }

  #look(client: Client, waiting: Conflation, position: Position): void {
    if (client.backlog() <= drainedBytes) {
      this.#behind.delete(client);
      this.#keepingUp.add(client);
      const { texts, skipped: count } = waiting;
      if (count > 0) {
        texts.unshift(encode({ event: 'skipped', seq: position.seq, data: { count } }));
        this.#skip(count);
      }
      if (texts.length > 0) client.send(new Frame(texts, position));
    } else if (waiting.isTooMuch(this.#now())) {
      this.#letGo(client);
    }
  }
}
