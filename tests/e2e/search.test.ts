import { calls } from '@live-orders/contracts/rest/calls.ts';
import { describe, expect } from 'vitest';
import { test } from '@live-orders/test-support/fixtures/test.ts';

/** Names as people have them, and what others type to find them; the fourth way is the first with its accent as a character. */
const typed: [string, string[]][] = [
  ['Lucía Ferrer', ['lucia', 'LUCIA', 'lucía', 'luci\u0301a']],
  ['Chloé Martin', ['chloe', 'Chloe\u0301']],
  ['Deniz Yılmaz', ['yilmaz', 'YILMAZ', 'Yılmaz']],
  ['Anna Zieliński', ['zielinski', 'zieliński']],
  ['Łukasz Sørensen', ['lukasz', 'sorensen']],
];

describe('a search by name', () => {
  test('finds the orders of a customer whatever accents are typed, in the list and in the export', async ({ shop }) => {
    for (const [name, ways] of typed) {
      const customer = await shop.anybody.register(name);
      const { id } = await customer.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);
      for (const q of ways) {
        expect([q, (await shop.staff.orders({ q })).map((order) => order.id)]).toEqual([
          q,
          expect.arrayContaining([id]),
        ]);
        const exported = `/orders/api/orders/export?format=ndjson&q=${encodeURIComponent(q)}`;
        expect(String((await shop.staff.send('GET', exported)).body)).toContain(id);
      }
      expect((await shop.staff.orders({ q: `${ways[0]}x` })).map((order) => order.id)).not.toContain(id);
    }
  });

  test('finds what has every word, wherever it stands: in the names, in the note, or as the number', async ({
    shop,
  }) => {
    const mark = crypto.randomUUID();
    const customer = await shop.anybody.register(`Nadia ${mark}`);
    const { id, number } = await customer.placeOrder(
      [{ product_id: shop.products[0].id, quantity: 1 }],
      'Bitte zweimal läuten',
    );
    const found = async (q: string): Promise<string[]> => (await shop.staff.orders({ q })).map((order) => order.id);
    for (const words of ['lauten', 'zweimal nadia', `thing ${number}`, `#${number} bi`])
      expect([words, await found(`${words} ${mark}`)]).toEqual([words, [id]]);
    for (const words of ['dreimal', 'adia eimal x', 'auten la it'])
      expect([words, await found(`${words} ${mark}`)]).toEqual([words, []]);
  });

  test('finds products likewise, and by their new name', async ({ shop }) => {
    const mark = crypto.randomUUID();
    const found = async (q: string): Promise<string[]> =>
      (await shop.staff.call(calls.listProducts, { query: { q } })).data.map(({ name }) => name);
    const { id } = await shop.admin.call(calls.createProduct, { body: { name: `Crème brûlée ${mark}`, price: 100 } });
    expect(await found(`CREME BRULEE ${mark}`)).toEqual([`Crème brûlée ${mark}`]);
    await shop.admin.call(calls.changeProduct, { id, body: { name: `Smørrebrød ${mark}` } });
    expect(await found(`smorrebrod ${mark}`)).toEqual([`Smørrebrød ${mark}`]);
    expect(await found(`creme brulee ${mark}`)).toEqual([]);
  });

  test('takes %, _ and \\ for themselves', async ({ shop }) => {
    const mark = crypto.randomUUID();
    const customer = await shop.anybody.register(`Ana 100%_\\ ${mark}`);
    const { id } = await customer.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);
    const found = async (q: string): Promise<string[]> => (await shop.staff.orders({ q })).map((order) => order.id);
    expect(await found(`100%_\\ ${mark}`)).toEqual([id]);
    for (const q of [`ana % ${mark}`, `ana 100__\\ ${mark}`, `ana 100%_\\\\ ${mark}`])
      expect(await found(q)).toEqual([]);
  });
});

describe('the filter by number', () => {
  test('finds exactly one order, if the other filters hold, and for a customer an own one only', async ({ shop }) => {
    const items = [{ product_id: shop.products[0].id, quantity: 1 }];
    const other = await shop.anybody.register();
    const { id, number: own } = await shop.customer.placeOrder(items);
    const number = String(own);
    for (const caller of [shop.staff, shop.admin, shop.customer])
      expect((await caller.orders({ number })).map((order) => order.id)).toEqual([id]);
    expect(await other.orders({ number })).toEqual([]);
    expect(await shop.staff.orders({ number, status: 'shipped' })).toEqual([]);
    expect(await shop.staff.orders({ number: number.slice(0, -1) })).not.toContainEqual(
      expect.objectContaining({ id }),
    );
    expect(await shop.staff.orders({ number: '2147483647' })).toEqual([]);
  });

  test('refuses what is no number of an order', async ({ shop }) => {
    for (const number of ['0', '-1', '1.5', '2147483648', '#1042', ''])
      expect(await shop.staff.problem('GET', `/orders/api/orders?number=${encodeURIComponent(number)}`)).toMatchObject({
        status: 422,
        errors: [{ path: 'number' }],
      });
  });
});
