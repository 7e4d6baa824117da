import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { isFinal, orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import type { User } from '@live-orders/contracts/domain/users.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { Account } from '@live-orders/local/client/account.ts';

const finals = orderStatuses.filter(isFinal).join(',');
const open = orderStatuses.filter((status) => !isFinal(status)).join(',');
const limit = 200;

/** One person at one device; each request ends with its signal at the latest. */
export class Person extends Account {
  async user(): Promise<User> {
    return (await this.session(AbortSignal.timeout(5_000))).user;
  }

  async token(): Promise<string> {
    return (await this.session(AbortSignal.timeout(5_000))).access_token;
  }

  /** Ends the session on the server, from this device or another one. */
  async logOut(): Promise<void> {
    await this.call(calls.logout, { signal: AbortSignal.timeout(5_000) });
  }

  /** Every open order, and the newest final ones, as a dashboard reads them. */
  async snapshot(signal: AbortSignal): Promise<Order[]> {
    const orders: Order[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = { limit, status: open, cursor: cursor || undefined };
      const page: { data: Order[]; next_cursor: string | null } = await this.call(calls.listOrders, { query, signal });
      orders.push(...page.data);
      cursor = page.next_cursor;
    }
    const { data } = await this.call(calls.listOrders, { query: { limit, status: finals }, signal });
    return [...orders, ...data];
  }

  order(id: string, signal: AbortSignal): Promise<Order> {
    return this.call(calls.getOrder, { id, signal });
  }
}
