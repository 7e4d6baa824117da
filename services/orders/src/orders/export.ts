import type { Order } from '@live-orders/contracts/domain/orders.ts';

/** Spreadsheets ignore invisible characters before a formula's sign, and take full-width signs for the plain ones. */
const formula = /^(?:[\t\r\n]|[\p{C}\p{Z}]*[=+\-@|＝＋－＠])/u;

/**
 * One cell of RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV
 * injection): customers choose their names and notes themselves.
 */
const cell = (value: string | number | null | undefined): string => {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

const columns = [
  'number',
  'id',
  'status',
  'customer_name',
  'customer_id',
  'total_amount',
  'currency',
  'items',
  'note',
  'version',
  'due_at',
  'created_at',
  'updated_at',
] as const;
const staffColumns = ['assigned_name', 'internal_note'] as const;
type Column = (typeof columns)[number] | (typeof staffColumns)[number];

const valueOf = (order: Order, column: Column) =>
  column === 'items' ? order.items.map(({ quantity, name }) => `${quantity} x ${name}`).join('; ') : order[column];

/** The export as CSV, a row for each order; for the team it has columns that customers do not get. */
export async function* toCsv(
  batches: AsyncIterable<Order[]>,
  { forTeam, bom }: { forTeam: boolean; bom: boolean },
): AsyncGenerator<string> {
  const shown: readonly Column[] = forTeam ? [...columns, ...staffColumns] : columns;
  yield `${bom ? '\uFEFF' : ''}${shown.join(',')}\r\n`;
  for await (const orders of batches) {
    yield orders.map((order) => `${shown.map((column) => cell(valueOf(order, column))).join(',')}\r\n`).join('');
  }
}

/** The export as newline-delimited JSON, an order a line. */
export async function* toNdjson(batches: AsyncIterable<Order[]>): AsyncGenerator<string> {
  for await (const orders of batches) yield orders.map((order) => `${JSON.stringify(order)}\n`).join('');
}
