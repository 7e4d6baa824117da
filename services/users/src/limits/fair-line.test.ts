import { describe, expect, test } from 'vitest';
import { FairLine } from './fair-line.ts';

const stranger = (place: string) => ({ place, isKnown: false });
const known = (place: string) => ({ place, isKnown: true });

/** Everybody's turn, in order. */
const turns = (line: FairLine<string>): string[] => {
  const taken: string[] = [];
  for (let one = line.next(); one !== undefined; one = line.next()) taken.push(one);
  return taken;
};

describe('turns', () => {
  test('go round the places, however many of each wait', () => {
    const line = new FairLine<string>(100);
    for (let n = 0; n < 5; n += 1) line.join(`flood ${n}`, stranger('flood'));
    for (const place of ['a', 'b']) for (const n of [0, 1]) line.join(`${place} ${n}`, stranger(place));
    expect(turns(line)).toEqual(['flood 0', 'a 0', 'b 0', 'flood 1', 'a 1', 'b 1', 'flood 2', 'flood 3', 'flood 4']);
  });

  test('are those of known callers first, and every fourth a stranger’s', () => {
    const line = new FairLine<string>(100);
    for (let n = 0; n < 3; n += 1) line.join(`stranger ${n}`, stranger(`s${n}`));
    for (let n = 0; n < 7; n += 1) line.join(`known ${n}`, known('k'));
    const order = turns(line).map((one) => one.split(' ')[0]);
    const three = ['known', 'known', 'known', 'stranger'];
    expect(order).toEqual([...three, ...three, 'known', 'stranger']);
  });

  test('are nobody’s once all had theirs', () => {
    const line = new FairLine<string>(100);
    expect(line.next()).toBeUndefined();
    line.join('one', stranger('a'));
    expect(turns(line)).toEqual(['one']);
    line.join('two', stranger('a'));
    expect(turns(line)).toEqual(['two']);
  });
});

describe('a full line', () => {
  test('loses the newest of the place with the most, so that others still get in', () => {
    const line = new FairLine<string>(4);
    for (let n = 0; n < 4; n += 1) expect(line.join(`flood ${n}`, stranger('flood'))).toBeUndefined();
    expect(line.join('flood 4', stranger('flood'))).toBe('flood 4');
    expect(line.join('a', stranger('a'))).toBe('flood 3');
    expect(line.join('b', known('b'))).toBe('flood 2');
    // Known or not, whoever takes the most makes room.
    expect(line.join('b again', known('b'))).toBe('flood 1');
    expect(line.join('b once more', known('b'))).toBe('b once more');
    expect(turns(line)).toEqual(['b', 'b again', 'flood 0', 'a']);
  });

  test('of places with as many each, loses a stranger and keeps the known', () => {
    const line = new FairLine<string>(3);
    for (const place of ['a', 'b', 'c']) line.join(place, stranger(place));
    expect(line.join('d', stranger('d'))).toBe('d');
    expect(line.join('e', known('e'))).toBe('c');
    expect(turns(line)).toEqual(['e', 'a', 'b']);
  });

  test('never holds more than it may', () => {
    const line = new FairLine<string>(8);
    let dropped = 0;
    for (let n = 0; n < 1000; n += 1) {
      if (line.join(`${n}`, { place: `${n % 13}`, isKnown: n % 5 === 0 }) !== undefined) dropped += 1;
    }
    expect(dropped).toBe(1000 - 8);
    expect(turns(line)).toHaveLength(8);
  });
});
