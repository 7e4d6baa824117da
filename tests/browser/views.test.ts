import { calls } from '@live-orders/contracts/rest/calls.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest';

let site: Site;
let staff: Visitor;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  staff = await site.visit('views', { viewport: desktop });
  await staff.login('staff@example.com');
});

const forget = async (): Promise<void> => {
  const { data } = await site.staff.call(calls.listViews, {});
  for (const { id } of data) await site.staff.call(calls.deleteView, { id });
};

beforeEach(async () => {
  await forget();
  await staff.comeHome();
});

afterEach(async () => {
  await staff.page.context().setOffline(false);
  await forget();
});

afterAll(() => staff.leave());

const list = (visitor = staff) => visitor.page.getByTestId('views');
const dialog = () => staff.page.getByRole('dialog');
const openList = async (visitor = staff): Promise<void> => {
  await visitor.page.getByRole('button', { name: 'Views' }).click();
  await list(visitor).waitFor();
};
/** Saves what the board shows; only asks, where the name may be taken. */
const save = async (name: string): Promise<void> => {
  await openList();
  await list().getByRole('button', { name: 'Save this view…' }).click();
  await dialog().getByLabel('Name').fill(name);
  await dialog().getByRole('button', { name: 'Save', exact: true }).click();
};
const names = async (): Promise<string[]> =>
  (await site.staff.call(calls.listViews, {})).data.map(({ name, search }) => `${name} ${search}`);

test('a view is saved, opened on another device, renamed, deleted and brought back', async () => {
  await staff.page.goto('/?queue=late&view=columns&q=lucía');
  await staff.page.locator('[data-queue=late][aria-pressed=true]').waitFor();
  await save('Lucía’s late ones');
  await staff.page.getByText('“Lucía’s late ones” saved').waitFor();
  await staff.page.getByRole('button', { name: 'Views' }).and(staff.page.locator(':focus')).waitFor();
  await openList();
  await list().locator('[aria-current=page]', { hasText: 'Lucía’s late ones' }).waitFor();
  await staff.photograph('current');

  const other = await site.visit('views-phone', { viewport: phone, isMobile: true, hasTouch: true });
  await other.login('staff@example.com');
  await openList(other);
  await list(other).getByRole('link', { name: 'Lucía’s late ones' }).waitFor();
  expect(await list(other).locator('[aria-current]').count()).toBe(0);
  await other.photograph('list');
  await list(other).getByRole('link', { name: 'Lucía’s late ones' }).click();
  await other.page.locator('[data-queue=late][aria-pressed=true]').waitFor();
  expect(new URL(other.page.url()).searchParams.get('view')).toBe('columns');
  expect(await other.page.getByRole('searchbox').inputValue()).toBe('lucía');
  expect(other.errors).toEqual([]);
  await other.leave();

  await list().getByRole('button', { name: 'Rename Lucía’s late ones' }).click();
  await dialog().getByLabel('Name').fill('Late ones');
  await dialog().getByRole('button', { name: 'Rename' }).click();
  await vi.waitFor(async () => expect(await names()).toEqual(['Late ones ?queue=late&q=luc%C3%ADa&view=columns']));
  await openList();
  await list().getByRole('button', { name: 'Delete Late ones' }).click();
  await list().getByText('None yet.').waitFor();
  expect(await names()).toEqual([]);
  await staff.page.locator('[data-sonner-toast]').getByRole('button', { name: 'Undo' }).click();
  await vi.waitFor(async () => expect(await names()).toEqual(['Late ones ?queue=late&q=luc%C3%ADa&view=columns']));
  expect(staff.errors).toEqual([]);
});

test('a name that is taken stays in the field, and the view of that name can be replaced', async () => {
  await site.staff.call(calls.saveView, { body: { name: 'Mornings', search: '?queue=new' } });
  await staff.page.goto('/?queue=mine');
  await staff.page.locator('[data-queue=mine][aria-pressed=true]').waitFor();
  await save('MORNINGS');
  await dialog().getByText('You have a view called “MORNINGS” already.').waitFor();
  await staff.photograph('taken');
  expect(await dialog().getByLabel('Name').inputValue()).toBe('MORNINGS');
  expect(await names()).toEqual(['Mornings ?queue=new']);
  await dialog().getByRole('button', { name: 'Replace it' }).click();
  await dialog().waitFor({ state: 'detached' });
  expect(await names()).toEqual(['Mornings ?queue=mine']);
});

test('while the server can’t be reached, the list says so, and a name that was typed stays', async () => {
  await staff.page.context().setOffline(true);
  await openList();
  await list().getByText('Your views can’t be read: The server can’t be reached.').waitFor();
  await staff.photograph('offline');
  await list().getByRole('button', { name: 'Save this view…' }).click();
  await dialog().getByLabel('Name').fill('Later');
  await dialog().getByRole('button', { name: 'Save', exact: true }).click();
  await dialog().getByText('The server can’t be reached.').waitFor();
  expect(await dialog().getByLabel('Name').inputValue()).toBe('Later');
  await staff.page.context().setOffline(false);
  await dialog().getByRole('button', { name: 'Save', exact: true }).click();
  await dialog().waitFor({ state: 'detached' });
  expect(await names()).toEqual(['Later ?sort=-number']);
});

test('the palette finds a view by its name', async () => {
  await site.staff.call(calls.saveView, { body: { name: 'Zürich tomorrow', search: '?queue=soon' } });
  await staff.page.keyboard.press('Control+k');
  const palette = staff.page.getByTestId('palette');
  await palette.getByPlaceholder('A page').fill('tomorrow zurich');
  await palette.locator('.palette-item[data-selected]', { hasText: 'Zürich tomorrow' }).waitFor();
  await staff.photograph('palette');
  await staff.page.keyboard.press('Enter');
  await staff.page.locator('[data-queue=soon][aria-pressed=true]').waitFor();
  expect(staff.errors).toEqual([]);
});
