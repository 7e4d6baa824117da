import { clientMessage, type ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { closeCodes, type CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import type { Identity } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { RawData, WebSocket } from 'ws';
import type { Client } from '../fanout/client.ts';
import type { Frame } from '../fanout/frame.ts';
import type { Hub } from '../fanout/hub.ts';
import type { PresenceChannel } from '../presence/presence-channel.ts';
import type { Admission, Start } from './admission.ts';
import { Lease } from './lease.ts';

/** Pings are answered once a second at most; those in between are left out. */
const pongMs = 1_000;
/** How long a client may take for the closing handshake; ws alone would keep what waits for it for 30 s. */
const closeMs = 2_000;
/**
 * How many messages of one client are read in a second; the rest waits on its side. Read as fast as they came, 100,000 looks
 * a second of one client held everybody up for 250 ms at a time.
 */
const messagesPerSecond = 50;

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
  readonly #options: SocketClientOptions;
  readonly #lease: Lease;
  #hasLeft = false;
  #pongedAt = 0;
  /** Messages heard in the second that ends at `#secondEndsAt` (ms, a clock that never goes back). */
  #heard = 0;
  #secondEndsAt = 0;

  constructor(socket: WebSocket, identity: Identity, options: SocketClientOptions) {
    this.identity = identity;
    this.#socket = socket;
    this.#options = options;
    this.#lease = new Lease(this, options.hub);
  }

  /** Joins the stream where the client wants to go on, and listens to it from now on. */
  attend(start: Start): void {
    this.#socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // A frame that ws itself could not read: ws has closed the socket with a code of its own, and without our reason.
    this.#socket.on('error', (error) => {
      this.#options.log.debug({ err: error }, 'reading a frame of a client failed');
      this.close('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'too_big' : 'unreadable');
    });
    this.#socket.on('close', () => this.#leave());
    void this.#options.admission.enter(this, start, () => this.#hasLeft);
  }

  backlog(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Frame): void {
    this.#socket.send(frame.json, { binary: false });
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

  #receive(data: RawData, isBinary: boolean): void {
    // It was on its way when the socket was closed.
    if (this.#hasLeft) return;
    this.#limitRate();
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

  /** Counts a message; after as many as may come in a second, nothing more is read until the second is over. */
  #limitRate(): void {
    const now = performance.now();
    if (now >= this.#secondEndsAt) {
      this.#heard = 0;
      this.#secondEndsAt = now + 1_000;
    }
    this.#heard += 1;
    if (this.#heard !== messagesPerSecond) return;
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), this.#secondEndsAt - now).unref();
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
