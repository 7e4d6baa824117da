import { ticket } from '@live-orders/contracts/socket/tickets.ts';
import { callApi } from './api.ts';

/**
 * The socket's address with a new ticket, which is good for one connection. `socketUrl` may be a path of the page's own
 * address. Fails as callApi does.
 */
export async function admitToSocket(socketUrl: string, signal: AbortSignal): Promise<string> {
  const granted = await callApi(ticket, 'live/ticket', { method: 'POST', signal });
  const url = new URL(socketUrl, location.href);
  url.protocol = url.protocol.replace(/^http/, 'ws');
  url.searchParams.set('ticket', granted.ticket);
  return url.href;
}
