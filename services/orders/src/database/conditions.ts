/** A `WHERE` that grows; every value is bound, never written into the SQL. */
export class Conditions {
  readonly values: unknown[] = [];
  readonly #terms: string[] = [];

  /** `condition` gets the places (`$1`, `$2`, …) of the values. */
  add(condition: (...places: string[]) => string, ...values: unknown[]): void {
    this.#terms.push(condition(...values.map((value) => `$${this.values.push(value)}`)));
  }

  /** Only rows after a cursor's place, for a list sorted by `column` and then by `id` in the same direction. */
  after(column: string, id: string, descending: boolean, [value, lastId]: [string | number, string]): void {
    const comparison = descending ? '<' : '>';
    this.add((at, last) => `(${column}, ${id}) ${comparison} (${at}, ${last}::uuid)`, value, lastId);
  }

  get sql(): string {
    return this.#terms.length === 0 ? '' : `WHERE ${this.#terms.join(' AND ')}`;
  }
}

/** A LIKE pattern for text that contains this, whatever signs are in it. */
export const contains = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
