import type { Caller } from './caller.ts';

/** So many known callers may go before strangers that wait get a turn, so that no flood of known callers starves these. */
const knownTurns = 3;

/**
 * A line in which places take turns, however many of each place wait, and known callers go first. When it is full, the place
 * with the most in it loses its newest: a place alone may fill the line, and has to make room as soon as others come.
 */
export class FairLine<T> {
  readonly #most: number;
  /** By place, in the order of their turns; a place that had its turn goes to the end. */
  readonly #known = new Map<string, T[]>();
  readonly #strangers = new Map<string, T[]>();
  #length = 0;
  /** Turns of known callers since the last one of a stranger. */
  #sinceStrangers = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds one to the line. Gives whoever has to leave for that, perhaps this very one. */
  join(one: T, { place, isKnown }: Caller): T | undefined {
    const lines = isKnown ? this.#known : this.#strangers;
    const line = lines.get(place);
    if (line) line.push(one);
    else lines.set(place, [one]);
    this.#length += 1;
    return this.#length > this.#most ? this.#dropFromLongest() : undefined;
  }

  /** Takes whose turn it is; undefined when nobody waits. */
  next(): T | undefined {
    const isStrangers = this.#known.size === 0 || (this.#strangers.size > 0 && this.#sinceStrangers >= knownTurns);
    this.#sinceStrangers = isStrangers ? 0 : this.#sinceStrangers + 1;
    const lines = isStrangers ? this.#strangers : this.#known;
    for (const [place, line] of lines) {
      const one = line.shift();
      lines.delete(place);
      if (line.length > 0) lines.set(place, line);
      this.#length -= 1;
      return one;
    }
    return undefined;
  }

  /** Of places with as many, a stranger's leaves before a known one's, and the place that came last before the others. */
  #dropFromLongest(): T | undefined {
    let longest: { lines: Map<string, T[]>; place: string; line: T[] } | undefined;
    for (const lines of [this.#known, this.#strangers]) {
      for (const [place, line] of lines) {
        if (line.length >= (longest?.line.length ?? 0)) longest = { lines, place, line };
      }
    }
    if (!longest) return undefined;
    const dropped = longest.line.pop();
    if (longest.line.length === 0) longest.lines.delete(longest.place);
    this.#length -= 1;
    return dropped;
  }
}
