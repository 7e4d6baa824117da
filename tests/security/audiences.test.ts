import { randomInt } from 'node:crypto';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { serverFrame, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect, vi } from 'vitest';

const listeners = ['owner', 'other customer', 'staff', 'admin'] as const;
type Listener = (typeof listeners)[number];

const everyone = listeners;
const ownerAndTeam: readonly Listener[] = ['owner', 'staff', 'admin'];
const team: readonly Listener[] = ['staff', 'admin'];
const admins: readonly Listener[] = ['admin'];
/** Of this one connection, whoever has it. */
const ownConnection = null;

/** Who is told of what. Written by hand, and complete, or it does not compile. */
const audiences: Record<ServerMessage['event'], readonly Listener[] | null> = {
  new_order: ownerAndTeam,
  order_status_update: ownerAndTeam,
  order_update: ownerAndTeam,
  product_update: everyone,
  user_update: admins,
  presence: team,
  welcome: ownConnection,
  resync: ownConnection,
  skipped: ownConnection,
  expiring: ownConnection,
  renewed: ownConnection,
  move: ownConnection,
  bye: ownConnection,
  heartbeat: ownConnection,
  pong: ownConnection,
};

interface Stream {
  messages: ServerMessage[];
  close(): Promise<void>;
}

/** Server-sent events, as they come. */
const follow = async ({ url, session }: Api): Promise<Stream> => {
  const controller = new AbortController();
  const headers = { authorization: `Bearer ${session?.access_token ?? ''}` };
  const { body } = await fetch(`${url}/live/events`, { headers, signal: controller.signal });
  const messages: ServerMessage[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    for await (const bytes of body ?? []) {
      text += Buffer.from(bytes).toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events)
        for (const [, data = '[]'] of event.matchAll(/^data: ?(.*)$/gm))
          messages.push(...serverFrame.parse(JSON.parse(data)));
    }
  };
  const done = read().catch(() => undefined);
  return {
    messages,
    close: async () => {
      controller.abort();
      await done;
    },
  };
};

describe.each([
  ['sockets', (api: Api): Promise<Stream> => Socket.open(api)],
  ['server-sent events', follow],
])('by %s', (_transport, open) => {
  test('each is told what is for such a listener, and nothing else', async ({ shop }) => {
    const { staff, admin, customer, anybody, products } = shop;
    const [owner, other] = [customer, await anybody.register()];
    const ids = new Set<string>();
    const streams = new Map<Listener, Stream>();
    for (const [listener, api] of [
      ['owner', owner],
      ['other customer', other],
      ['staff', staff],
      ['admin', admin],
    ] as const)
      streams.set(listener, await open(api));

    const placed = await owner.placeOrder([{ product_id: products[0].id, quantity: 1 }]);
    await staff.move(placed.id, 'confirmed');
    await staff.call(calls.changeOrder, { id: placed.id, body: { internal_note: 'Knows the way' } });
    await admin.call(calls.changeUser, { id: other.session?.user.id ?? '', body: { name: 'Another Name' } });
    // Whoever looks is told to the team; a customer who looks is told to nobody.
    const [looking, peeping] = [await Socket.open(staff), await Socket.open(owner)];
    for (const { raw } of [peeping, looking]) raw.send(JSON.stringify({ event: 'look', order_id: placed.id }));
    const heardOf = (listener: Listener, event: string, id: string): ServerMessage[] =>
      (streams.get(listener)?.messages ?? []).filter(
        (message) => message.event === event && JSON.stringify(message).includes(id),
      );
    for (const listener of team)
      await vi.waitFor(() => expect(heardOf(listener, 'presence', placed.id)).not.toEqual([]), 20_000);
    const price = randomInt(1_000_000, 9_000_000);
    await admin.call(calls.changeProduct, { id: products[0].id, body: { price } });
    for (const listener of listeners)
      await vi.waitFor(() => expect(heardOf(listener, 'product_update', `"price":${price}`)).not.toEqual([]), 20_000);

    for (const id of [placed.id, products[0].id, other.session?.user.id ?? '']) ids.add(id);
    for (const [listener, { messages }] of streams) {
      const about = messages.filter((message) => [...ids].some((id) => JSON.stringify(message).includes(id)));
      const expected = Object.entries(audiences).filter(([, told]) => told?.includes(listener));
      expect([listener, [...new Set(about.map(({ event }) => event))].sort()]).toEqual([
        listener,
        expected.map(([event]) => event).sort(),
      ]);
    }
    // What the team tells itself, and who did it, is not for the owner; nor is that the owner has looked for the team.
    const toOwner = JSON.stringify(streams.get('owner')?.messages);
    expect(toOwner).not.toContain('Knows the way');
    expect(toOwner).not.toContain(staff.session?.user.id);
    const present = JSON.stringify(heardOf('admin', 'presence', placed.id));
    expect(present).toContain(staff.session?.user.id);
    expect(present).not.toContain(owner.session?.user.id);
    await Promise.all([...streams.values(), looking, peeping].map((stream) => stream.close()));
  });
});
