import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { mostNamed } from '@live-orders/contracts/rest/orders.ts';
import { readText } from '../session/api.ts';

/**
 * These orders as the server's CSV, newest first. More than one call can name are read part by part, of which only the first
 * keeps its heading. Fails as `readText` does.
 */
export async function readCsv(orders: readonly Order[]): Promise<string> {
  const ids = orders.toSorted((a, b) => b.created_at.localeCompare(a.created_at)).map(({ id }) => id);
  let csv = '';
  for (let start = 0; start < ids.length; start += mostNamed) {
    const part = ids.slice(start, start + mostNamed).join();
    const text = await readText(`orders/api/orders/export?format=csv&ids=${part}`);
    csv += start === 0 ? text : text.slice(text.indexOf('\r\n') + 2);
  }
  return csv;
}

/** Gives the user a file of this text. It begins with the byte order mark, by which spreadsheets know UTF-8; a read text has lost it. */
export function download(name: string, csv: string): void {
  const url = URL.createObjectURL(new Blob(['\uFEFF', csv], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Not every browser has read it when `click` returns.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
