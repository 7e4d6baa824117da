import { announcementLifeMs, type PresenceAnnouncement } from '@live-orders/contracts/redis/presence.ts';
import { type Doing, mostPresentOrders, type PresentOrder } from '@live-orders/contracts/socket/presence.ts';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Presence } from './presence.ts';

const ada = { id: 'a', name: 'Ada' };
const sam = { id: 's', name: 'Sam' };
const at = (order_id: string, ...people: { id: string; name: string; doing: Doing }[]): PresentOrder => ({
  order_id,
  people,
});
const viewing = (who: typeof ada) => ({ ...who, doing: 'viewing' as const });
const moving = (who: typeof ada) => ({ ...who, doing: 'moving' as const });

let now: number;
let presence: Presence;

beforeEach(() => {
  now = 0;
  presence = new Presence(() => now);
});

const announce = (gateway: string, full: boolean, ...orders: PresentOrder[]): PresenceAnnouncement => ({
  event: 'present',
  gateway,
  full,
  orders,
});

describe('at the sockets of one gateway', () => {
  test('a look is told once, and its end with nobody left', () => {
    const socket = {};
    presence.look(socket, 'o1', ada, 'viewing');
    expect(presence.takeForClients()).toEqual([at('o1', viewing(ada))]);
    expect(presence.takeForClients()).toEqual([]);
    presence.leave(socket);
    expect(presence.takeForClients()).toEqual([at('o1')]);
    expect(presence.told).toEqual([]);
  });

  test('a socket is at one order at a time', () => {
    const socket = {};
    presence.look(socket, 'o1', ada, 'viewing');
    presence.takeForClients();
    presence.look(socket, 'o2', ada, 'viewing');
    expect(presence.takeForClients()).toEqual([at('o1'), at('o2', viewing(ada))]);
  });

  test('what was undone before anybody was told is not told', () => {
    const socket = {};
    presence.look(socket, 'o1', ada, 'viewing');
    presence.leave(socket);
    expect(presence.takeForClients()).toEqual([]);
    expect(presence.takeForGateways()).toEqual([]);
  });

  test('a person with several tabs counts once, and moving says more than viewing', () => {
    const [first, second] = [{}, {}];
    presence.look(first, 'o1', ada, 'moving');
    presence.look(second, 'o1', ada, 'viewing');
    presence.look({}, 'o1', sam, 'viewing');
    expect(presence.takeForClients()).toEqual([at('o1', moving(ada), viewing(sam))]);
    presence.leave(first);
    expect(presence.takeForClients()).toEqual([at('o1', viewing(ada), viewing(sam))]);
    presence.leave(second);
    expect(presence.takeForClients()).toEqual([at('o1', viewing(sam))]);
  });

  test('more orders than fit into a message come with the next one', () => {
    for (let n = 0; n < mostPresentOrders + 2; n += 1) presence.look({}, `o${n}`, ada, 'viewing');
    expect(presence.takeForClients()).toHaveLength(mostPresentOrders);
    expect(presence.takeForClients()).toHaveLength(2);
    expect(presence.told).toHaveLength(mostPresentOrders);
    expect(presence.here).toHaveLength(mostPresentOrders);
  });
});

describe('across gateways', () => {
  test('people elsewhere are told to clients here, and are not announced as if they were here', () => {
    presence.hear(announce('g2', false, at('o1', viewing(sam))));
    presence.look({}, 'o1', ada, 'moving');
    expect(presence.takeForClients()).toEqual([at('o1', moving(ada), viewing(sam))]);
    expect(presence.takeForGateways()).toEqual([at('o1', moving(ada))]);
    expect(presence.here).toEqual([at('o1', moving(ada))]);
  });

  test('a person at two gateways stays until the last socket is gone', () => {
    const socket = {};
    presence.look(socket, 'o1', sam, 'viewing');
    presence.hear(announce('g2', false, at('o1', viewing(sam))));
    presence.takeForClients();
    presence.leave(socket);
    expect(presence.takeForClients()).toEqual([]);
    presence.hear(announce('g2', false, at('o1')));
    expect(presence.takeForClients()).toEqual([at('o1')]);
  });

  test('a full announcement replaces what was known of that gateway, and tells nothing that stayed', () => {
    presence.hear(announce('g2', false, at('o1', viewing(sam)), at('o2', viewing(sam))));
    presence.hear(announce('g3', false, at('o3', viewing(ada))));
    presence.takeForClients();
    presence.hear(announce('g2', true, at('o2', viewing(sam))));
    expect(presence.takeForClients()).toEqual([at('o1')]);
  });

  test('the people of a gateway that is silent for 12 s, or says goodbye, vanish', () => {
    presence.hear(announce('g2', true, at('o1', viewing(sam))));
    presence.hear(announce('g3', true, at('o2', viewing(ada))));
    presence.takeForClients();
    now = announcementLifeMs - 1;
    presence.hear(announce('g3', true, at('o2', viewing(ada))));
    presence.expire();
    expect(presence.takeForClients()).toEqual([]);
    now = announcementLifeMs;
    presence.expire();
    expect(presence.takeForClients()).toEqual([at('o1')]);
    presence.hear({ event: 'bye', gateway: 'g3' });
    expect(presence.takeForClients()).toEqual([at('o2')]);
  });
});

test('whatever people do, what clients and another gateway were told adds up to who is there', () => {
  const step = fc.record({
    socket: fc.nat(4),
    order: fc.constantFrom('o1', 'o2', null),
    doing: fc.constantFrom<Doing>('viewing', 'moving'),
    tell: fc.boolean(),
  });
  const people = [ada, sam, ada, sam, { id: 'c', name: 'Cleo' }];
  const apply = (known: Map<string, PresentOrder>, news: PresentOrder[]) => {
    for (const order of news) {
      if (order.people.length > 0) known.set(order.order_id, order);
      else known.delete(order.order_id);
    }
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const here = new Presence(() => 0);
      const there = new Presence(() => 0);
      const sockets = people.map((who) => ({ who }));
      const client = new Map<string, PresentOrder>();
      const clientThere = new Map<string, PresentOrder>();
      for (const { socket, order, doing, tell } of [
        ...steps,
        { socket: 0, order: null, doing: 'viewing' as const, tell: true },
      ]) {
        const who = sockets[socket];
        if (!who) continue;
        if (order === null) here.leave(who);
        else here.look(who, order, who.who, doing);
        if (!tell) continue;
        apply(client, here.takeForClients());
        there.hear(announce('here', false, ...here.takeForGateways()));
        apply(clientThere, there.takeForClients());
      }
      const sorted = (orders: Iterable<PresentOrder>) => [...orders].sort((a, b) => (a.order_id < b.order_id ? -1 : 1));
      expect(sorted(client.values())).toEqual(sorted(here.here));
      expect(sorted(clientThere.values())).toEqual(sorted(here.here));
      expect(sorted(here.told)).toEqual(sorted(here.here));
    }),
  );
});
