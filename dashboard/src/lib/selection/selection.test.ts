import { expect, test } from 'vitest';
import { mostPicked, Selection } from './selection.svelte.ts';

let shown = ['a', 'b', 'c', 'd', 'e'];
const select = () => new Selection(() => shown);

test('a range goes from what was picked last to what is picked now, up or down', () => {
  const selection = select();
  selection.toggle('d');
  selection.extend('b');
  expect(selection.ids.toSorted()).toEqual(['b', 'c', 'd']);
  selection.extend('e');
  expect(selection.ids.toSorted()).toEqual(['b', 'c', 'd', 'e']);
});

test('a range without a beginning is one order, also where the beginning is no longer shown', () => {
  const selection = select();
  selection.extend('c');
  expect(selection.ids).toEqual(['c']);
  shown = ['d', 'e'];
  selection.extend('e');
  expect(selection.ids).toEqual(['c', 'e']);
});

test('what is dropped takes its reason along', () => {
  const selection = select();
  selection.pick(['a', 'b']);
  selection.reasons.set('a', 'It is shipped.');
  selection.toggle('a');
  expect([selection.has('a'), selection.size, selection.reasons.size]).toEqual([false, 1, 0]);
});

test('no more are picked than can be worked on at once: of a range those that are nearest to where it begins', () => {
  shown = Array.from({ length: mostPicked + 50 }, (_none, n) => `order ${n}`);
  const selection = select();
  selection.toggle(shown.at(-1) ?? '');
  selection.extend(shown[0] ?? '');
  expect([selection.size, selection.isFull, selection.has('order 49'), selection.has('order 50')]).toEqual([
    ...[mostPicked, true, false, true],
  ]);
  selection.toggle('order 3');
  expect(selection.has('order 3')).toBe(false);
});
