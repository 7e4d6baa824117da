import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { User } from '@live-orders/contracts/domain/users.ts';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect } from 'vitest';

let shop: Shop;

test.beforeAll(({ shop: opened }) => {
  shop = opened;
});

const hire = (name: string): Promise<User> => {
  const email = `${crypto.randomUUID()}@example.com`;
  return shop.admin.call(calls.createUser, { body: { email, password: testPassword, name, role: 'staff' } });
};
const place = () => shop.customer.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);
const assign = (by: Api, order: string, id: string, name?: string) =>
  by.call(calls.changeOrder, { id: order, body: { assignee: { id, ...(name === undefined ? {} : { name }) } } });
const userOf = ({ session }: Api): User => {
  if (!session) throw new Error('only somebody who has logged in is a user');
  return session.user;
};

describe('an order is assigned to', () => {
  test('members of the team, with the names of their accounts whatever the caller says, and back to whom it was before', async () => {
    const [sam, chief] = [await hire('Sam Second'), userOf(shop.admin)];
    const { id } = await place();
    expect(await assign(shop.staff, id, sam.id)).toMatchObject({ assigned_to: sam.id, assigned_name: 'Sam Second' });
    const renamed = await assign(shop.staff, id, chief.id, 'The Chief');
    expect(renamed).toMatchObject({ version: 3, assigned_to: chief.id, assigned_name: chief.name });
    const back = await assign(shop.staff, id, sam.id, 'Sam Second');
    expect(back).toMatchObject({ version: 4, assigned_to: sam.id, assigned_name: 'Sam Second' });
    const { name, id: own } = userOf(shop.staff);
    expect(await assign(shop.staff, id, own, 'Somebody else')).toMatchObject({ assigned_to: own, assigned_name: name });
    const nobody = await shop.staff.call(calls.changeOrder, { id, body: { assignee: null } });
    expect(nobody).toMatchObject({ assigned_to: null, assigned_name: null });
  });

  test('nobody else: neither a customer, nor one who left the team, nor one whom nobody knows', async () => {
    const former = await hire('Gone Tomorrow');
    await shop.admin.call(calls.deactivateUser, { id: former.id });
    const { id } = await place();
    for (const assignee of [userOf(shop.customer).id, former.id, crypto.randomUUID()]) {
      const body = { assignee: { id: assignee, name: 'Sam Staff' }, internal_note: 'with it' };
      expect(await shop.staff.problem('PATCH', `/orders/api/orders/${id}`, body)).toMatchObject({
        status: 422,
        code: 'validation_failed',
        errors: [{ path: 'assignee.id', message: 'is not an active member of the team' }],
      });
    }
    expect(await shop.staff.order(id)).toMatchObject({ version: 1, assigned_to: null, internal_note: null });
  });

  test('the callers themselves alone while the users service is away', async () => {
    const sam = await hire('Sam Third');
    const { id } = await place();
    await shop.staff.order(id);
    const users = shop.system.part('users');
    await users.stop();
    try {
      const other = await shop.staff.send('PATCH', `/orders/api/orders/${id}`, { body: { assignee: { id: sam.id } } });
      expect(other).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(other.headers.get('retry-after')).toBe('2');
      const { name, id: own } = userOf(shop.staff);
      expect(await assign(shop.staff, id, own)).toMatchObject({ version: 2, assigned_to: own, assigned_name: name });
    } finally {
      await users.start();
    }
    expect(await assign(shop.staff, id, sam.id)).toMatchObject({ version: 3, assigned_name: 'Sam Third' });
  });
});

test('the team sees its active members, without their addresses, page by page and one by one', async () => {
  const [sam, former] = await Promise.all([hire('Sam Fourth'), hire('Also Gone')]);
  await shop.admin.call(calls.deactivateUser, { id: former.id });
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await shop.staff.call(calls.listTeam, { query: { limit: 2, cursor } });
    ids.push(...page.data.map(({ id }) => id));
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  expect(ids).toEqual(expect.arrayContaining([sam.id, userOf(shop.staff).id, userOf(shop.admin).id]));
  expect(ids).not.toContain(former.id);
  expect(ids).not.toContain(userOf(shop.customer).id);
  expect((await shop.staff.call(calls.listTeam, { query: { id: sam.id } })).data).toEqual([
    { id: sam.id, name: 'Sam Fourth', role: 'staff' },
  ]);
  for (const { id } of [former, userOf(shop.customer)])
    expect((await shop.staff.call(calls.listTeam, { query: { id } })).data).toEqual([]);
});
