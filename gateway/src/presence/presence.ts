import { announcementLifeMs, type PresenceAnnouncement } from '@live-orders/contracts/redis/presence.ts';
import {
  type Doing,
  mostPresentOrders,
  type Person,
  type PresentOrder,
} from '@live-orders/contracts/socket/presence.ts';

/** Where the client of one socket is. */
interface Look {
  order: string;
  person: Person;
}

/** What another gateway announced of its sockets, and until when that holds (ms, by the clock of `now`). */
interface Elsewhere {
  until: number;
  orders: Map<string, Person[]>;
}

/**
 * Each person once, however many tabs are open: somebody who moves an order in one and views it in another moves it. Sorted,
 * so that equal sets of people are equal texts.
 */
const merge = (people: Iterable<Person>): Person[] => {
  const byId = new Map<string, Person>();
  for (const person of people) {
    const known = byId.get(person.id);
    if (!known || (known.doing === 'viewing' && person.doing === 'moving')) byId.set(person.id, person);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
};

/** What one kind of listener was told of each order, and which orders may have changed since; gives what is new. */
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

  /** What has changed since the last call, of `mostPresentOrders` orders at most; the rest comes with the next call. */
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

  /** The people at each order as they were last told. */
  get told(): PresentOrder[] {
    return [...this.#told].slice(0, mostPresentOrders).map(([order_id, people]) => ({ order_id, people }));
  }
}

/**
 * Who is at which order: at the sockets of this gateway, by what their clients said, and at those of the other gateways, by
 * what these announced. A socket is any object, which stands for one connection.
 */
export class Presence {
  readonly #now: () => number;
  readonly #looks = new Map<object, Look>();
  readonly #here = new Map<string, Set<object>>();
  readonly #elsewhere = new Map<string, Elsewhere>();
  /** Clients are told of everybody; other gateways only of those who are at this one. */
  readonly #forClients = new News((order) => merge([...this.#peopleHere(order), ...this.#peopleElsewhere(order)]));
  readonly #forGateways = new News((order) => merge(this.#peopleHere(order)));

  /** `now`: ms of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes in that a socket is at this order from now on, and at no other. */
  look(socket: object, order: string, who: { id: string; name: string }, doing: Doing): void {
    this.leave(socket);
    this.#looks.set(socket, { order, person: { id: who.id, name: who.name, doing } });
    const sockets = this.#here.get(order) ?? new Set();
    this.#here.set(order, sockets.add(socket));
    this.#changedHere(order);
  }

  /** Takes in that a socket is at no order any more, or is gone. */
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

  /** Forgets gateways that have not been heard of for too long. */
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

  /** Everybody at the sockets of this gateway. */
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
