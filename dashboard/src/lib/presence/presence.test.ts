import type { Look, Person } from '@live-orders/contracts/socket/presence.ts';
import { describe, expect, test } from 'vitest';
import { describePeople, initials } from './presence-words.ts';
import { Presence } from './presence.svelte.ts';

const open = () => {
  const said: string[] = [];
  const say = ({ order_id, doing }: Look): void => void said.push(order_id === null ? 'none' : `${doing} ${order_id}`);
  return { said, presence: new Presence('me', say) };
};
const person = (id: string, name: string, doing: Person['doing'] = 'viewing'): Person => ({ id, name, doing });

describe('what a page says of itself', () => {
  test('is the order that is open, and none once it is closed', () => {
    const { said, presence } = open();
    const close = presence.view('o1');
    close();
    expect(said).toEqual(['viewing o1', 'none']);
  });

  test('going from one order to the next says the next alone', () => {
    const { said, presence } = open();
    const close = presence.view('o1');
    presence.view('o2');
    close();
    expect(said).toEqual(['viewing o1', 'viewing o2']);
  });

  test('is a move as long as one is under way, then again what is open', () => {
    const { said, presence } = open();
    presence.view('o1');
    const stops = [presence.move('o1'), presence.move('o2')];
    for (const stop of stops) stop();
    expect(said).toEqual(['viewing o1', 'moving o1', 'moving o2', 'viewing o1']);
  });

  test('is said again on a new connection, unless there is nothing to say', () => {
    const { said, presence } = open();
    presence.begin();
    const close = presence.view('o1');
    presence.begin();
    close();
    presence.begin();
    expect(said).toEqual(['viewing o1', 'viewing o1', 'none']);
  });
});

describe('what a page hears of others', () => {
  test('is never about its own user, and is replaced order by order', () => {
    const { presence } = open();
    presence.hear([{ order_id: 'o1', people: [person('me', 'Me'), person('s', 'Sam')] }]);
    presence.hear([{ order_id: 'o2', people: [person('me', 'Me')] }]);
    expect(presence.others('o1')).toEqual([person('s', 'Sam')]);
    expect(presence.others('o2')).toEqual([]);
    presence.hear([{ order_id: 'o1', people: [] }]);
    expect(presence.others('o1')).toEqual([]);
  });

  test('does not outlive the connection', () => {
    const { presence } = open();
    presence.hear([{ order_id: 'o1', people: [person('s', 'Sam')] }]);
    presence.end();
    expect(presence.others('o1')).toEqual([]);
  });
});

test('people are told in a sentence, those who move the order first, and in two letters', () => {
  expect(describePeople([])).toBe('');
  expect(describePeople([person('s', 'Sam')])).toBe('Sam is looking');
  const all = [person('s', 'Sam'), person('a', 'Ada', 'moving'), person('l', 'Lee')];
  expect(describePeople(all)).toBe('Ada is moving it, Sam and Lee are looking');
  expect(['Sam Staff', 'Ada', 'Ana de la Cruz', '\u200b'].map(initials)).toEqual(['SS', 'A', 'AC', '?']);
});
