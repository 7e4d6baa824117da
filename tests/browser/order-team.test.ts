import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, beforeEach, describe, expect, vi } from 'vitest';

let site: Site;
/** At a desk, by light. */
let staff: Visitor;
/** On the way, by night, with a thumb. */
let admin: Visitor;
let buyer: Api;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  buyer = await new Api(site.system.gatewayUrl).register(`Petra ${crypto.randomUUID()}`);
  [staff, admin] = await Promise.all([
    site.visit('order-team', { viewport: desktop, colorScheme: 'light' }),
    site.visit('order-team-phone', { viewport: phone, colorScheme: 'dark', isMobile: true, hasTouch: true }),
  ]);
  await Promise.all([staff.login('staff@example.com'), admin.login('admin@example.com')]);
});

beforeEach(() => {
  staff.errors.length = 0;
  admin.errors.length = 0;
});

afterAll(async () => {
  await Promise.all([staff.leave(), admin.leave()]);
});

const place = async (): Promise<Order> => {
  const items = site.products.slice(0, 2).map(({ id }, index) => ({ product_id: id, quantity: index + 1 }));
  return buyer.placeOrder(items);
};
const read = ({ id }: Order): Promise<Order> => site.admin.call(calls.getOrder, { id });

const live = ({ page }: Visitor) => page.locator('[data-testid=connection][data-phase=live]').waitFor();
const open = async (visitor: Visitor, { number }: Order): Promise<void> => {
  await visitor.page.goto(`/orders/${number}`);
  await live(visitor);
};
const button = ({ page }: Visitor, name: string) => page.getByRole('button', { name, exact: true });
const assignee = ({ page }: Visitor) => page.getByTestId('assignee');
const noteOf = ({ page }: Visitor) => page.getByLabel('Internal note');

describe('who takes care of an order', () => {
  test('is oneself by one press, somebody of the team by the menu, and nobody again', async () => {
    const order = await place();
    await open(staff, order);
    await button(staff, 'Assign to me').click();
    await assignee(staff).getByText('You').waitFor();
    await button(staff, 'Unassign me').and(staff.page.locator(':focus')).waitFor();
    expect(await read(order)).toMatchObject({ assigned_name: 'Sam Staff', version: 2 });
    await staff.settle();
    await button(staff, 'Change').click();
    await staff.page.getByRole('menuitemradio', { name: 'Ada Admin' }).waitFor();
    await staff.photograph('team');
    expect(await violations(staff.page)).toEqual([]);
    await staff.page.getByRole('menuitemradio', { name: 'Ada Admin' }).click();
    await assignee(staff).getByText('Ada Admin').waitFor();
    await open(admin, order);
    await assignee(admin).getByText('You').waitFor();
    await button(admin, 'Unassign me').tap();
    await Promise.all([staff, admin].map((visitor) => assignee(visitor).getByText('Nobody').waitFor()));
    expect(await read(order)).toMatchObject({ assigned_to: null, version: 4 });
    expect([staff.errors, admin.errors]).toEqual([[], []]);
  });

  test('is decided by the first of two who press at once; the other is told, and asked', async () => {
    const order = await place();
    await open(staff, order);
    const assign = { id: order.id, body: { assignee: { id: site.admin.session?.user.id ?? '' } } };
    await staff.beforeNextChange(`**/api/**/${order.id}`, () => site.admin.call(calls.changeOrder, assign));
    await button(staff, 'Assign to me').click();
    const told = staff.page.getByTestId('assignment-conflict');
    await told.getByText('somebody else assigned it').waitFor();
    expect((await told.locator('p').innerText()).replace(/\s+/g, ' ')).toBe(
      'Not assigned to you: somebody else assigned it to Ada Admin meanwhile.',
    );
    await staff.photograph('assigned-by-other');
    expect(await violations(staff.page)).toEqual([]);
    expect(await read(order)).toMatchObject({ assigned_name: 'Ada Admin', version: 2 });
    await staff.settle();
    await told.getByRole('button', { name: 'Assign to me anyway' }).click();
    await assignee(staff).getByText('You').waitFor();
    await told.waitFor({ state: 'detached' });
    expect(await read(order)).toMatchObject({ assigned_name: 'Sam Staff', version: 3 });
  });

  test('is changed all the same where somebody else has moved the order meanwhile', async () => {
    const order = await place();
    await open(staff, order);
    await staff.beforeNextChange(`**/api/**/${order.id}`, () => site.admin.move(order.id, 'confirmed'));
    await button(staff, 'Assign to me').click();
    await assignee(staff).getByText('You').waitFor();
    expect(await read(order)).toMatchObject({ status: 'confirmed', assigned_name: 'Sam Staff', version: 3 });
  });
});

describe('the internal note', () => {
  test('is saved, and what is typed is kept through a reload and beside what others write', async () => {
    const order = await place();
    await open(staff, order);
    await noteOf(staff).fill('Second parcel');
    await staff.page.reload();
    await live(staff);
    await vi.waitFor(async () => expect(await noteOf(staff).inputValue()).toBe('Second parcel'), { timeout: 20_000 });
    await noteOf(staff).pressSequentially(' on Monday');
    await button(staff, 'Save note').click();
    await staff.page.getByText('Saved.').waitFor();
    expect(await read(order)).toMatchObject({ internal_note: 'Second parcel on Monday', version: 2 });

    await noteOf(staff).fill('Second parcel on Tuesday');
    const others = { id: order.id, body: { internal_note: 'Never mind' } };
    await staff.beforeNextChange(`**/api/**/${order.id}`, () => site.admin.call(calls.changeOrder, others));
    await button(staff, 'Save note').click();
    await staff.page.getByTestId('other-note').getByText('Never mind').waitFor();
    expect(await noteOf(staff).inputValue()).toBe('Second parcel on Tuesday');
    await staff.photograph('note-by-other');
    expect(await violations(staff.page)).toEqual([]);
    await staff.settle();
    await button(staff, 'Save mine instead').click();
    await staff.page.getByText('Saved.').waitFor();
    expect(await read(order)).toMatchObject({ internal_note: 'Second parcel on Tuesday', version: 4 });
  });

  test('of somebody else shows at once, and can be left as it is', async () => {
    const order = await place();
    await open(admin, order);
    await noteOf(admin).fill('Mine');
    await site.staff.call(calls.changeOrder, { id: order.id, body: { internal_note: 'Theirs' } });
    await admin.page.getByTestId('other-note').getByText('Theirs').waitFor();
    await admin.photograph('note-by-other');
    await button(admin, 'Keep theirs').tap();
    expect(await noteOf(admin).inputValue()).toBe('Theirs');
    expect((await read(order)).version).toBe(2);
    expect(admin.errors).toEqual([]);
  });
});
