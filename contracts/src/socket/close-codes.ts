/**
 * Close codes of the socket, by the word that the close frame has as its reason. `reconnect` says whether a client should come
 * back by itself.
 */
export const closeCodes = {
  going_away: { code: 1012, reconnect: true, text: 'the gateway restarts' },
  unreadable: { code: 1007, reconnect: false, text: 'a client frame could not be read' },
  too_many_frames: { code: 1008, reconnect: true, text: 'the client sent too many frames: come back, and send less' },
  too_big: { code: 1009, reconnect: false, text: 'a client frame was over 8 KiB' },
  token_expired: { code: 4001, reconnect: true, text: 'the access token’s life ended: renew it, then reconnect' },
  session_ended: { code: 4002, reconnect: false, text: 'the session ended: log in again' },
  slow: { code: 4008, reconnect: true, text: 'the client reads too slowly' },
} as const;
export type CloseReason = keyof typeof closeCodes;

/** Whether a client should reconnect after this close code. One that we never send, such as 1006, means a lost connection: yes. */
export const shouldReconnect = (code: number): boolean =>
  Object.values(closeCodes).find((known) => known.code === code)?.reconnect ?? true;
