import { searchText } from '@live-orders/contracts/domain/search-text.ts';
import { isStaff, type Role } from '@live-orders/contracts/domain/users.ts';
import { placesFor, type Place } from '../shell/places.ts';

/** Something that can be chosen by its name: a page of this site, or the board with a query. */
export interface Command {
  label: string;
  path: Place['path'] | `?${string}`;
}

const boardViews: readonly Command[] = [
  { label: 'Orders in columns', path: '?view=columns' },
  { label: 'Late orders', path: '?queue=late' },
  { label: 'Orders due soon', path: '?queue=soon' },
  { label: 'New orders', path: '?queue=new' },
  { label: 'My orders', path: '?queue=mine' },
  { label: 'Unassigned orders', path: '?queue=unassigned' },
  { label: 'All orders, newest first', path: '?status=all&sort=-number' },
];

/** Whether a name has every word of the query. */
export const isCalled = (label: string, query: string): boolean => {
  const name = searchText(label);
  return searchText(query)
    .split(/\s+/u)
    .every((word) => name.includes(word));
};

/** What a user may choose, narrowed to what has every word of the query in its name. */
export const commandsFor = (role: Role, query: string): Command[] =>
  [...placesFor(role), ...(isStaff(role) ? boardViews : [])].filter(({ label }) => isCalled(label, query));
