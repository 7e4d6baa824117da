import { announcementLifeMs, type PresenceAnnouncement } from '@live-orders/contracts/redis/presence.ts';
import {
  type Doing,
  mostPresentOrders,
  type Person,
  type PresentOrder,
} from '@live-orders/contracts/socket/presence.ts';

interface Look {
  order: string;
  person: Person;
}

/** What another gateway announced of its sockets. */
interface Elsewhere {
  until: number;
  orders: Map<string, Person[]>;
}

/** Each person once, however many tabs: moving says more than viewing. In a fixed order, so that equals look equal. */
const merge = (people: Iterable<Person>): Person[] => {
  const byId = new Map<string, Person>();
  for (const person of people) {
    const known = byId.get(person.id);
    if (!known || (known.doing === 'viewing' && person.doing === 'moving')) byId.set(person.id, person);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
};

/** Orders that may have changed, and what was last said of each; tells what is new. */
class News {
  readonly #peopleAt: (order: string) => Person[];
  readonly #changed = new Set<string>();
  readonly #told = new Map<string, Person[]>();

  constructor(peopleAt: (order: string) => Person[]) {
    this.#peopleAt = peopleAt;
  }

  add(order: string): void {
    this.#changed.add(order);
  }

  /** What has changed since the last time, of `mostPresentOrders` at most; the rest comes the next time. */
  take(): PresentOrder[] {
    const orders: PresentOrder[] = [];
    for (const order_id of this.#changed) {
      if (orders.length === mostPresentOrders) break;
      this.#changed.delete(order_id);
      const people = this.#peopleAt(order_id);
      if (JSON.stringify(people) === JSON.stringify(this.#told.get(order_id) ?? [])) continue;
      if (people.length > 0) this.#told.set(order_id, people);
      else this.#told.delete(order_id);
      orders.push({ order_id, people });
    }
    return orders;
  }

  /** Everything that was told, and still holds as far as anybody was told. */
  get told(): PresentOrder[] {
    return [...this.#told].slice(0, mostPresentOrders).map(([order_id, people]) => ({ order_id, people }));
  }
}

/**
 * Who is at which order: at the sockets of this gateway, by what their clients said, and at those of other gateways, by
 * what these announced. Sockets are any objects.
 */
export class Presence {
  readonly #now: () => number;
  readonly #looks = new Map<object, Look>();
  readonly #here = new Map<string, Set<object>>();
  readonly #elsewhere = new Map<string, Elsewhere>();
  /** For the clients, of everybody; for the other gateways, of those here. */
  readonly #forClients = new News((order) => merge([...this.#peopleHere(order), ...this.#peopleElsewhere(order)]));
  readonly #forGateways = new News((order) => merge(this.#peopleHere(order)));

  /** `now`: ms of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The socket's one look is at this order from now on, and at no other. */
  look(socket: object, order: string, who: { id: string; name: string }, doing: Doing): void {
    this.leave(socket);
    this.#looks.set(socket, { order, person: { id: who.id, name: who.name, doing } });
    const sockets = this.#here.get(order) ?? new Set();
    this.#here.set(order, sockets.add(socket));
    this.#changedHere(order);
  }

  /** The socket is at no order any more, or is gone. */
  leave(socket: object): void {
    const look = this.#looks.get(socket);
    if (!look) return;
    this.#looks.delete(socket);
    const sockets = this.#here.get(look.order);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#here.delete(look.order);
    this.#changedHere(look.order);
  }

  /** Takes in what another gateway announced. */
  hear(announcement: PresenceAnnouncement): void {
    const { event, gateway } = announcement;
    if (event === 'hello') return;
    if (event === 'bye') return this.#forget(gateway);
    if (announcement.full) this.#forget(gateway);
    const elsewhere = this.#elsewhere.get(gateway) ?? { until: 0, orders: new Map<string, Person[]>() };
    elsewhere.until = this.#now() + announcementLifeMs;
    this.#elsewhere.set(gateway, elsewhere);
    for (const { order_id, people } of announcement.orders) {
      if (people.length > 0) elsewhere.orders.set(order_id, people);
      else elsewhere.orders.delete(order_id);
      this.#forClients.add(order_id);
    }
  }

  /** Lets go of gateways that have not been heard of for too long. */
  expire(): void {
    for (const [gateway, { until }] of this.#elsewhere) if (until <= this.#now()) this.#forget(gateway);
  }

  /** What clients have yet to be told. */
  takeForClients(): PresentOrder[] {
    return this.#forClients.take();
  }

  /** What the other gateways have yet to be told. */
  takeForGateways(): PresentOrder[] {
    return this.#forGateways.take();
  }

  /** Everything that clients have been told, for one that comes now. */
  get told(): PresentOrder[] {
    return this.#forClients.told;
  }

  /** Everything at the sockets of this gateway. */
  get here(): PresentOrder[] {
    return [...this.#here.keys()]
      .slice(0, mostPresentOrders)
      .map((order_id) => ({ order_id, people: merge(this.#peopleHere(order_id)) }));
  }

  #forget(gateway: string): void {
    for (const order of this.#elsewhere.get(gateway)?.orders.keys() ?? []) this.#forClients.add(order);
    this.#elsewhere.delete(gateway);
  }

  #changedHere(order: string): void {
    this.#forClients.add(order);
    this.#forGateways.add(order);
  }

  *#peopleHere(order: string): Generator<Person> {
    for (const socket of this.#here.get(order) ?? []) {
      const look = this.#looks.get(socket);
      if (look) yield look.person;
    }
  }

  *#peopleElsewhere(order: string): Generator<Person> {
    for (const { orders } of this.#elsewhere.values()) yield* orders.get(order) ?? [];
  }
}
