/** The part of a WebSocket that is used, so that server-sent events can take its place. */
export interface LiveSocket {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  /** Missing where nothing can be sent to the server. */
  send?(text: string): void;
  close(): void;
  /** Whether another tab holds the connection, and hands on what it hears. */
  readonly isShared?: boolean;
}

/** The close code by which WebSockets report a connection that was lost. */
export const lostCode = 1006;
