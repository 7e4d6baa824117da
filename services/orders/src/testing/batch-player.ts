import assert from 'node:assert/strict';
import { bulkResults } from '@live-orders/contracts/rest/orders.ts';
import { movesOf, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { order } from '@live-orders/contracts/domain/orders.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';
import { problem } from '@live-orders/contracts/rest/errors.ts';
import type { z } from 'zod';
import type { Operation } from './operations.ts';
import type { Change, ModelLine, OrdersModel } from './orders-model.ts';
import { refused, refusedForStock, refusedWith } from './refusals.ts';
import { useKey } from './keys.ts';
import type { Answer, TestOrdersService } from './test-orders-service.ts';

type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

/** One request of a batch, sent and answered. */
interface Sent {
  answer: Answer;
  /** First all answers that changed something are taken in … */
  changes: () => Change[];
  /** … then each refusal must fit what the order went through. */
  judge: () => void;
}

/** Plays batches against the service: all requests of one at once, then every answer against the model. */
export class BatchPlayer {
  readonly #service: TestOrdersService;
  readonly #model: OrdersModel;
  readonly #people: Record<Role, string[]>;

  constructor(service: TestOrdersService, model: OrdersModel, people: Record<Role, string[]>) {
    this.#service = service;
    this.#model = model;
    this.#people = people;
  }

  async play(operations: Operation[]): Promise<void> {
    this.#model.settle();
    const sent = await Promise.all(operations.flatMap((one) => this.#send(one)));
    // A replay repeats what another request of the batch was told.
    const firstHand = sent.toSorted((a, b) => Number(a.answer.replayed) - Number(b.answer.replayed));
    this.#model.changed(firstHand.flatMap((one) => one.changes()));
    for (const one of sent) one.judge();
  }

  #send(one: Operation): Promise<Sent>[] {
    switch (one.kind) {
      case 'create':
        return Array.from({ length: 1 + one.twins }, () => this.#create(one));
      case 'bulk':
        return this.#model.at(one.orders[0]) ? Array.from({ length: 1 + one.twins }, () => this.#bulk(one)) : [];
      case 'adjust':
        return [this.#adjust(one)];
      case 'undo': {
        const id = this.#model.at(one.order);
        return id === undefined ? [] : Array.from({ length: 1 + one.twins }, () => this.#undo(id, one));
      }
      default: {
        const id = this.#model.at(one.order);
        return id === undefined ? [] : [this.#change(id, one)];
      }
    }
  }

  async #create({ by, lines: wanted, expects, key: place }: Of<'create'>): Promise<Sent> {
    const caller = this.#person('customer', by);
    const lines = wanted.map((one): ModelLine => ({ product_id: this.#product(one.product), quantity: one.quantity }));
    const prices = lines.map(({ product_id }) => this.#model.price(product_id) + Number(expects === 'another price'));
    const items =
      expects === 'nothing' ? lines : lines.map((line, index) => ({ ...line, expected_price: prices[index] }));
    const keyed = useKey(this.#model, place, caller, { items });
    const answer = await this.#service.send(caller, 'POST', '/orders', { items }, keyed.headers);
    return {
      answer,
      changes: () => {
        if (answer.status !== 201) return [];
        keyed.took(answer);
        if (!answer.replayed) this.#model.placed(order.parse(answer.body), caller, lines);
        return [];
      },
      judge: () => {
        if (keyed.isRefused(answer)) return;
        if (expects === 'another price') {
          const { items: changed } = refusedWith(answer, 'price_changed');
          assert.deepEqual(
            changed.map(({ price }) => price + 1),
            prices,
          );
        } else if (answer.status !== 201) {
          refusedForStock(answer);
        }
      },
    };
  }

  async #bulk({ by, orders, status: to, version: wanted, key: place }: Of<'bulk'>): Promise<Sent> {
    const caller = this.#person(by, 0);
    const ids = [...new Set(orders.flatMap((one) => this.#model.at(one) ?? []))];
    const body = { orders: ids.map((id) => ({ id, version: this.#version(id, wanted) })), status: to };
    const keyed = useKey(this.#model, place, caller, body);
    const answer = await this.#service.send(caller, 'POST', '/orders/bulk-status', body, keyed.headers);
    const results = (): z.infer<typeof bulkResults>['results'] => bulkResults.parse(answer.body).results;
    return {
      answer,
      changes: () => {
        if (answer.status !== 200) return [];
        keyed.took(answer);
        if (answer.replayed) return [];
        return results().flatMap((one, index) => {
          if (one.outcome !== 'moved') return [];
          assertFollows(one.order.version, body.orders[index]?.version);
          return [{ id: one.id, role: by, to, version: one.order.version }];
        });
      },
      judge: () => {
        if (keyed.isRefused(answer)) return;
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        if (answer.replayed) return;
        for (const [index, one] of results().entries()) {
          assert.equal(one.id, ids[index]);
          assert(one.outcome !== 'not_found');
          if (one.outcome === 'conflict') this.#judgeConflict(one.id, body.orders[index]?.version, one.order.version);
          if (one.outcome === 'invalid') this.#judgeStep(one.id, by, to, one.order.status);
        }
      },
    };
  }

  async #adjust({ product, change }: Of<'adjust'>): Promise<Sent> {
    const id = this.#product(product);
    const answer = await this.#service.send(this.#person('admin', 0), 'POST', `/products/${id}/stock`, { change });
    return {
      answer,
      changes: () => {
        if (answer.status === 200) this.#model.adjusted(id, change);
        return [];
      },
      judge: () => {
        if (answer.status === 200) return;
        const [short] = refusedWith(answer, 'insufficient_stock').items;
        assert(short && short.requested === -change && short.available < short.requested);
      },
    };
  }

  /** A step or a note of one order. */
  async #change(id: string, one: Of<'move'> | Of<'cancel'> | Of<'note'>): Promise<Sent> {
    const role = one.kind === 'cancel' ? 'customer' : one.by;
    const caller = one.kind === 'cancel' ? this.#person('customer', one.by) : this.#person(one.by, 0);
    const to: OrderStatus | null = one.kind === 'cancel' ? 'cancelled' : one.kind === 'move' ? one.status : null;
    const note = to === null ? `note ${crypto.randomUUID()}` : undefined;
    const wanted = this.#version(id, one.version);
    const path = to === null ? `/orders/${id}` : `/orders/${id}/status`;
    const headers: Record<string, string> = wanted === undefined ? {} : { 'if-match': `"${wanted}"` };
    const body = to === null ? { internal_note: note } : { status: to };
    const answer = await this.#service.send(caller, 'PATCH', path, body, headers);
    const isForeign = role === 'customer' && this.#model.owner(id) !== caller;
    return {
      answer,
      changes: () => {
        if (answer.status !== 200) return [];
        const { version: now } = order.parse(answer.body);
        assertFollows(now, wanted);
        return [{ id, role, to, version: now, note }];
      },
      judge: () => {
        if (!isForeign && answer.status === 200) return;
        if (isForeign) refused(answer, 'not_found');
        else if (answer.status === 412)
          this.#judgeConflict(id, wanted, refusedWith(answer, 'version_conflict').current.version);
        else this.#judgeStep(id, role, to, refusedWith(answer, 'invalid_transition').current);
      },
    };
  }

  async #undo(id: string, { by, version, key: place }: Of<'undo'>): Promise<Sent> {
    const caller = this.#person(by, 0);
    const wanted = this.#version(id, version);
    const keyed = useKey(this.#model, place, caller, { undo: id });
    const headers = { ...keyed.headers, 'if-match': wanted === undefined ? '*' : `"${wanted}"` };
    const answer = await this.#service.send(caller, 'POST', `/orders/${id}/undo`, {}, headers);
    return {
      answer,
      changes: () => {
        if (answer.status !== 200) return [];
        keyed.took(answer);
        if (answer.replayed) return [];
        const { version: now, status: to } = order.parse(answer.body);
        assertFollows(now, wanted);
        return [{ id, role: by, to, version: now, undone: true }];
      },
      judge: () => {
        if (answer.status === 200 || keyed.isRefused(answer)) return;
        if (answer.status === 412) {
          this.#judgeConflict(id, wanted, refusedWith(answer, 'version_conflict').current.version);
        } else if (problem.parse(answer.body).code === 'insufficient_stock') {
          refusedForStock(answer);
          assert(
            this.#model.met(id).some(({ status }) => status === 'cancelled'),
            `order ${id} took no stock again`,
          );
        } else {
          refused(answer, 'nothing_to_undo');
          assert(
            this.#model.met(id).some(({ path }) => path.length === 1),
            `order ${id} was moved`,
          );
        }
      },
    };
  }

  #judgeConflict(id: string, wanted: number | undefined, met: number): void {
    assert(wanted !== undefined && wanted !== met, 'a conflict with the wanted version itself');
    assert(
      this.#model.met(id).some((state) => state.version === met),
      `order ${id} never had version ${met}`,
    );
  }

  #judgeStep(id: string, role: Role, to: OrderStatus | null, met: OrderStatus): void {
    assert(to !== null && !movesOf(role, met).includes(to), `refused to move ${id} from ${met} to ${to}`);
    assert(
      this.#model.met(id).some((state) => state.status === met),
      `order ${id} never was ${met}`,
    );
  }

  #version(id: string, wanted: 'any' | 'known' | 'other'): number | undefined {
    if (wanted === 'any') return undefined;
    return wanted === 'known' ? this.#model.version(id) : this.#model.version(id) + 7;
  }

  #person(role: Role, place: number): string {
    const found = this.#people[role][place];
    assert(found);
    return found;
  }

  #product(place: number): string {
    const found = [...this.#model.prices.keys()][place];
    assert(found);
    return found;
  }
}

const assertFollows = (version: number, wanted: number | undefined): void => {
  if (wanted !== undefined) assert.equal(version, wanted + 1, 'changed another version than the wanted one');
};
