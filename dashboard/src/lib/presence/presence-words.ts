import { isVisible } from '@live-orders/contracts/domain/fields.ts';
import type { Doing, Person } from '@live-orders/contracts/socket/presence.ts';

const together = new Intl.ListFormat('en-GB', { type: 'conjunction' });

const clause = (people: readonly Person[], doing: Doing, what: string): string[] => {
  const names = people.filter((person) => person.doing === doing).map(({ name }) => name);
  return names.length === 0 ? [] : [`${together.format(names)} ${names.length === 1 ? 'is' : 'are'} ${what}`];
};

/** What people do at an order, in words: `Ada is moving it, Sam and Lee are looking`. Empty where nobody is there. */
export const describePeople = (people: readonly Person[]): string =>
  [...clause(people, 'moving', 'moving it'), ...clause(people, 'viewing', 'looking')].join(', ');

/** The first letters of the first and the last word of a name, for a small badge: `SS` for `Sam Staff`, `?` for an invisible one. */
export function initials(name: string): string {
  if (!isVisible(name)) return '?';
  const words = name.trim().split(/\s+/);
  const [first = '', last = ''] = words.length > 1 ? [words[0], words.at(-1)] : words;
  return [first, last]
    .map((word) => /^./u.exec(word)?.[0] ?? '')
    .join('')
    .toUpperCase();
}
