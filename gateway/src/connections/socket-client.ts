import type { Duplex } from 'node:stream';
import { clientMessage, type ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { closeCodes, type CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import type { Identity } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { RawData, WebSocket } from 'ws';
import type { Client } from '../fanout/client.ts';
import type { Frame } from '../fanout/frame.ts';
import type { Hub } from '../fanout/hub.ts';
import type { PresenceChannel } from '../presence/presence-channel.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import type { Admission, Start } from './admission.ts';
import { Lease } from './lease.ts';

/** Pings are answered once a second at most; those in between are left out. */
const pongMs = 1_000;
/** How long a client may take for the closing handshake; ws alone would keep what waits for it for 30 s. */
const closeMs = 2_000;
/**
 * How many messages, pings and pongs a client may send at once, and how many a second after that; past both it is closed. A
 * dashboard sends two messages for an order that is moved. Read as fast as they came, 100,000 messages a second of one
 * client held everybody up for 250 ms at a time, and pongs of 50 sockets delayed REST by 6.5 s.
 */
const framesAtOnce = 100;
const framesPerSecond = 10;

/** Our word for what ws closes a socket for; for anything else it is `unreadable`. */
const refusals: ReadonlyMap<unknown, CloseReason> = new Map([
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'too_big'],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 'too_many_frames'],
]);

export interface SocketClientOptions {
  hub: Hub;
  admission: Admission;
  presence: PresenceChannel;
  /** Is called for each connection that the gateway closes. */
  countClose: (reason: CloseReason) => void;
  log: Log;
}

/** A client with a WebSocket: it joins the stream, and is listened to until the socket closes. */
export class SocketClient implements Client {
  identity: Identity;
  readonly #socket: WebSocket;
  readonly #connection: Duplex;
  readonly #options: SocketClientOptions;
  readonly #lease: Lease;
  #hasLeft = false;
  #pongedAt = 0;
  readonly #frames = new TokenBucket(framesAtOnce, framesPerSecond, performance.now());

  /** `connection` is what `socket` reads and writes. */
  constructor(socket: WebSocket, connection: Duplex, identity: Identity, options: SocketClientOptions) {
    this.identity = identity;
    this.#socket = socket;
    this.#connection = connection;
    this.#options = options;
    this.#lease = new Lease(this, options.hub);
  }

  /** Joins the stream where the client wants to go on, and listens to it from now on. */
  attend(start: Start): void {
    this.#socket.on('message', (data, isBinary) => {
      if (this.#isCounted()) this.#receive(data, isBinary);
    });
    // ws leaves it to us to answer, see `registerWebSocket`.
    this.#socket.on('ping', (data) => {
      if (this.#isCounted()) this.#socket.pong(data);
    });
    this.#socket.on('pong', () => this.#isCounted());
    // A frame that ws itself could not read: ws has closed the socket with a code of its own, and without our reason.
    this.#socket.on('error', (error) => {
      this.#options.log.debug({ err: error }, 'reading a frame of a client failed');
      this.close(('code' in error && refusals.get(error.code)) || 'unreadable');
    });
    this.#socket.on('close', () => this.#leave());
    void this.#options.admission.enter(this, start, () => this.#hasLeft);
  }

  backlog(): number {
    return this.#socket.bufferedAmount;
  }

  /**
   * Writes the bytes of a frame, which are the same for all clients, past ws: that would make a header for each, and write
   * twice. ws itself writes whole frames, since nothing is compressed, so that none falls into another.
   */
  send(frame: Frame): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#connection.write(frame.webSocket);
  }

  close(reason: CloseReason): void {
    if (this.#hasLeft) return;
    this.#leave();
    this.#options.countClose(reason);
    this.#socket.close(closeCodes[reason].code, reason);
    setTimeout(() => this.#socket.terminate(), closeMs).unref();
  }

  #leave(): void {
    this.#hasLeft = true;
    this.#lease.end();
    this.#options.hub.leave(this);
    this.#options.presence.leave(this);
  }

  /**
   * Counts a frame, and says whether it is to be read: not when it was on its way while the socket was closed. Past the
   * budget the socket is closed and no longer listened to: whoever floods it would go on during the closing handshake.
   */
  #isCounted(): boolean {
    if (this.#hasLeft) return false;
    if (this.#frames.take(performance.now())) return true;
    this.close('too_many_frames');
    this.#socket.pause();
    return false;
  }

  #receive(data: RawData, isBinary: boolean): void {
    try {
      const message = isBinary || !Buffer.isBuffer(data) ? null : readMessage(data.toString());
      if (message) this.#hear(message);
      else this.close('unreadable');
    } catch (error) {
      // Left to ws, the error would end the process, and with it everybody's connection.
      this.#options.log.error({ err: error }, 'handling a client’s message failed, so its socket is closed');
      this.close('going_away');
    }
  }

  #hear(message: ClientMessage): void {
    const { hub, admission, presence, log } = this.#options;
    if (message.event === 'look') presence.look(this, message);
    else if (message.event === 'renew') void this.#lease.renew(message, admission, log);
    else if (Date.now() - this.#pongedAt >= pongMs) {
      this.#pongedAt = Date.now();
      hub.pong(this);
    }
  }
}

/** The message that a client's frame holds; null when it is none that a client may send. */
const readMessage = (text: string): ClientMessage | null => {
  try {
    return clientMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
