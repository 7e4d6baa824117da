import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { serverFrame, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { eventually, must } from './checks.ts';

/** Somebody who talks to the gateway. */
export class Client extends Api {
  override async login(email: string, password: string): Promise<Client> {
    return new Client(this.url, (await super.login(email, password)).session);
  }

  async enrol(email: string, password: string, name: string): Promise<Client> {
    return new Client(this.url, await this.call(calls.register, { body: { email, password, name } }));
  }

  /** Orders one piece of the product that there is most of. */
  async placeOne(): Promise<Order> {
    return this.placeOrder([{ product_id: await this.#plenty(), quantity: 1 }]);
  }

  /** As `placeOne`, at another address than the gateway's: that of a replica of the orders service. */
  async placeOneAt(replica: string): Promise<Order> {
    const body = { items: [{ product_id: await this.#plenty(), quantity: 1 }] };
    const answer = await new Api(replica, this.session).send('POST', '/api/orders', { body });
    return order.parse(answer.body);
  }

  /** Opens the socket with the bearer token; while the stream begins, the gateway still refuses. */
  openSocket(): Promise<Live> {
    const token = this.session?.access_token ?? '';
    return eventually(30, () => Live.open(`${this.url.replace(/^http/, 'ws')}/ws`, token));
  }

  async #plenty(): Promise<string> {
    const [plenty] = (await this.products()).toSorted((a, b) => b.stock - a.stock);
    must(plenty !== undefined, 'there are no products');
    return plenty.id;
  }
}

/** An open socket and all that it has said. */
class Live {
  readonly messages: ServerMessage[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', (event) => {
      this.messages.push(...serverFrame.parse(JSON.parse(String(event.data))));
    });
  }

  static async open(url: string, token: string): Promise<Live> {
    const live = new Live(new WebSocket(url, { headers: { authorization: `Bearer ${token}` } }));
    await live.see('a welcome', (message) => message.event === 'welcome');
    return live;
  }

  /** Waits until a message fits, and returns all that do. */
  async see(what: string, fits: (message: ServerMessage) => boolean): Promise<ServerMessage[]> {
    const end = Date.now() + 10_000;
    for (;;) {
      const found = this.messages.filter(fits);
      if (found.length > 0) return found;
      must(this.#socket.readyState <= WebSocket.OPEN, `the socket closed before ${what} came`);
      must(
        Date.now() < end,
        `${what} did not come within 10 s; the socket said ${JSON.stringify(this.messages.slice(-3))}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits for the order's version under the event's name; it must come once. */
  async seeOrder(event: 'new_order' | 'order_status_update', { id, version }: Order): Promise<void> {
    const fits = (message: ServerMessage): boolean =>
      message.event === event && message.data.id === id && message.data.version === version;
    const found = await this.see(`${event} of ${id}`, fits);
    must(found.length === 1, `${event} of ${id} came ${found.length} times`);
  }

  close(): void {
    this.#socket.close();
  }
}
