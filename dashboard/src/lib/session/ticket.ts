import { ticket } from '@live-orders/contracts/socket/tickets.ts';
import { callApi } from './api.ts';

/** The socket's address with a new ticket, which is good for one connection. Fails as callApi does. */
export async function admitToSocket(socketUrl: string, signal: AbortSignal): Promise<string> {
  const granted = await callApi(ticket, 'live/ticket', { method: 'POST', signal });
  const url = new URL(socketUrl);
  url.searchParams.set('ticket', granted.ticket);
  return url.href;
}
