import { mostViews, savedView, type SavedView, savedViewPage } from '@live-orders/contracts/rest/views.ts';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { TestOrdersService } from '../testing/test-orders-service.ts';

let territory: Territory;
let service: TestOrdersService;
let staff: string;
let other: string;

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  service = await TestOrdersService.open(territory.databaseUrl, 'views test');
});

beforeEach(() => {
  staff = service.admit('staff');
  other = service.admit('admin');
});

afterAll(async () => {
  await service.close();
  await territory.remove();
});

const save = (by: string, name: string, search = '?queue=late') => service.send(by, 'POST', '/views', { name, search });
const saved = async (by: string, name: string, search?: string): Promise<SavedView> =>
  savedView.parse((await save(by, name, search)).body);
const change = (by: string, { id }: SavedView, body: unknown) => service.send(by, 'PATCH', `/views/${id}`, body);
const listed = async (by: string): Promise<string[]> => {
  const { data, next_cursor } = savedViewPage.parse((await service.send(by, 'GET', '/views')).body);
  expect(next_cursor).toBeNull();
  return data.map(({ name, search }) => `${name} ${search}`);
};

test('views are kept, listed by name, renamed, replaced and deleted', async () => {
  const late = await saved(staff, 'Late ones');
  const columns = await saved(staff, 'columns', '?view=columns&q=luc%C3%ADa');
  expect(await listed(staff)).toEqual(['columns ?view=columns&q=luc%C3%ADa', 'Late ones ?queue=late']);
  const renamed = savedView.parse((await change(staff, late, { name: 'After ten' })).body);
  expect(renamed).toMatchObject({ name: 'After ten', search: '?queue=late', created_at: late.created_at });
  expect(savedView.parse((await change(staff, late, { search: '?' })).body)).toMatchObject({ name: 'After ten' });
  expect(await listed(staff)).toEqual(['After ten ?', 'columns ?view=columns&q=luc%C3%ADa']);
  expect(await service.send(staff, 'DELETE', `/views/${columns.id}`)).toMatchObject({ status: 204 });
  expect(await service.send(staff, 'DELETE', `/views/${columns.id}`)).toMatchObject({ status: 404 });
  expect(await listed(staff)).toEqual(['After ten ?']);
});

test('nobody reaches the views of somebody else, who may use the same names', async () => {
  const view = await saved(staff, 'Mine');
  expect(await listed(other)).toEqual([]);
  expect(await change(other, view, { name: 'Yours' })).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await service.send(other, 'DELETE', `/views/${view.id}`)).toMatchObject({ status: 404 });
  expect(await save(other, 'Mine')).toMatchObject({ status: 201 });
  expect(await listed(staff)).toEqual(['Mine ?queue=late']);
  const customer = service.admit('customer');
  expect(await save(customer, 'Mine')).toMatchObject({ status: 403 });
});

test('a name is there once, however it is written', async () => {
  const taken = { status: 409, body: { code: 'view_name_taken' } };
  const view = await saved(staff, 'Zoë’s Ｖiew');
  for (const name of ['ZOË’S VIEW', 'zoe\u0308’s view', ' Zoë’s Ｖiew '])
    expect(await save(staff, name)).toMatchObject(taken);
  const second = await saved(staff, 'Second');
  expect(await change(staff, second, { name: 'zoë’s view' })).toMatchObject(taken);
  expect(await change(staff, view, { name: 'zoë’s view' })).toMatchObject({
    status: 200,
    body: { name: 'zoë’s view' },
  });
  const twins = await Promise.all([save(staff, 'Twin'), save(staff, 'twin')]);
  expect(twins.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409]);
});

test('what is no name or no query is refused', async () => {
  for (const body of [
    { name: '', search: '?' },
    { name: '\u200b', search: '?' },
    { name: 'x'.repeat(61), search: '?' },
    { name: 'x', search: '' },
    { name: 'x', search: 'queue=late' },
    { name: 'x', search: '?q=%zz' },
    { name: 'x', search: '?q=a b' },
    { name: 'x', search: '?q=a#b' },
    { name: 'x', search: `?q=${'x'.repeat(498)}` },
    { name: 'x' },
    { name: 'x', search: '?', user_id: other },
  ])
    expect(await service.send(staff, 'POST', '/views', body)).toMatchObject({ status: 422 });
  expect(await change(staff, await saved(staff, 'x', `?q=${'x'.repeat(497)}`), {})).toMatchObject({ status: 422 });
});

test('as many are kept as may be, also when they come at once', async () => {
  // On a busy machine one may wait for the database for too long, is told so, and asks again.
  const insist = async (name: string): ReturnType<typeof save> => {
    const answer = await save(staff, name);
    return answer.status === 503 ? insist(name) : answer;
  };
  const answers = await Promise.all(Array.from({ length: mostViews + 5 }, (_none, n) => insist(`View ${n}`)));
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused).toHaveLength(5);
  for (const one of refused) expect(one).toMatchObject({ status: 409, body: { code: 'too_many_views' } });
  expect(await listed(staff)).toHaveLength(mostViews);
  expect(await save(other, 'View 1')).toMatchObject({ status: 201 });
});
