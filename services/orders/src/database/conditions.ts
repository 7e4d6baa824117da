import type { Binds } from '@live-orders/runtime/database/select.ts';

/** A `WHERE` that grows; every value is bound, never written into the SQL. */
export class Conditions {
  readonly bind: Binds = {};
  readonly #terms: string[] = [];
  #values = 0;

  /** `condition` gets the names (`$value_1`, `$value_2`, …) by which the values are bound. */
  add(condition: (...names: string[]) => string, ...values: unknown[]): void {
    this.#terms.push(condition(...values.map((value) => this.#name(value))));
  }

  /** Only rows after a cursor's place, for a list sorted by `column` and then by `id` in the same direction. */
  after(column: string, id: string, descending: boolean, [value, lastId]: [string | number, string]): void {
    const comparison = descending ? '<' : '>';
    this.add((at, last) => `(${column}, ${id}) ${comparison} (${at}, ${last}::uuid)`, value, lastId);
  }

  get sql(): string {
    return this.#terms.length === 0 ? '' : `WHERE ${this.#terms.join(' AND ')}`;
  }

  #name(value: unknown): string {
    this.#values += 1;
    this.bind[`value_${this.#values}`] = value;
    return `$value_${this.#values}`;
  }
}

/** A LIKE pattern for text that contains this one; `%`, `_` and `\` stand for themselves. */
export const contains = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
