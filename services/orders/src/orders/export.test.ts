import { type Order, order as orderSchema } from '@live-orders/contracts/domain/orders.ts';
import { describe, expect, test } from 'vitest';
import { toCsv, toNdjson } from './export.ts';

const at = '2026-03-14T09:26:53.589Z';
const id = '01920000-0000-7000-8000-00000000000a';
const order: Order = {
  id,
  number: 1001,
  customer_id: id,
  customer_name: '=HYPERLINK("http://evil")',
  status: 'pending',
  total_amount: 4598,
  currency: 'USD',
  note: 'two,\nlines',
  version: 1,
  assigned_to: id,
  assigned_name: '@sam',
  internal_note: null,
  due_at: null,
  created_at: at,
  updated_at: at,
  items: [{ id, product_id: id, name: 'Knife 8"', quantity: 2, price: 2299 }],
};

async function* batches(): AsyncGenerator<Order[]> {
  yield [order];
  yield [order];
}

const text = async (parts: AsyncIterable<string>): Promise<string> => (await Array.fromAsync(parts)).join('');

describe('a CSV export', () => {
  test('quotes what needs it, and defuses what a spreadsheet would take for a formula', async () => {
    const csv = await text(toCsv(batches(), { forTeam: true, bom: false }));
    const row = `1001,${id},pending,"'=HYPERLINK(""http://evil"")",${id},4598,USD,"2 x Knife 8""","two,\nlines",1,,${at},${at},'@sam,\r\n`;
    const head =
      'number,id,status,customer_name,customer_id,total_amount,currency,items,note,version,due_at,created_at,updated_at,assigned_name,internal_note\r\n';
    expect(csv).toBe(head + row + row);
  });

  test('defuses formulas in wide signs, and those behind what is not seen', async () => {
    async function* odd(): AsyncGenerator<Order[]> {
      for (const note of ['＝1+1', '＠SUM(1)', '\u200b=1+1', ' =1+1', '\u0085=1', '|calc']) yield [{ ...order, note }];
      yield [{ ...order, note: 'a;=1+1' }];
    }
    const cells = (await text(toCsv(odd(), { forTeam: false, bom: false })))
      .split('\r\n')
      .map((row) => row.split(',')[8] ?? '');
    expect(cells.slice(1, 7).every((cell) => cell.startsWith("'"))).toBe(true);
    expect(cells[7]).toBe('"a;=1+1"');
  });

  test('has every member of an order, but only the name of who takes care of it', async () => {
    const head = (await text(toCsv(batches(), { forTeam: true, bom: false }))).split('\r\n')[0]?.split(',') ?? [];
    expect([...head, 'assigned_to'].sort()).toEqual(Object.keys(orderSchema.shape).sort());
  });

  test('has no internal columns for customers', async () => {
    const csv = await text(toCsv(batches(), { forTeam: false, bom: false }));
    expect(csv).not.toContain('assigned');
    expect(csv).not.toContain('@sam');
  });
});

test('an NDJSON export has an order a line', async () => {
  const lines = (await text(toNdjson(batches()))).trimEnd().split('\n');
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([order, order]);
});
