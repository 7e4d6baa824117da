import { searchText } from '@live-orders/contracts/domain/search-text.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';

/** Something that can be chosen by its name: a page of this site, as its path. */
export interface Command {
  label: string;
  path: '' | 'new' | 'security' | `?${string}`;
}

const team: readonly Role[] = ['staff', 'admin'];

const commands: readonly (Command & { roles: readonly Role[] })[] = [
  { label: 'Orders', path: '', roles: team },
  { label: 'Orders in columns', path: '?view=columns', roles: team },
  { label: 'Late orders', path: '?queue=late', roles: team },
  { label: 'Orders due soon', path: '?queue=soon', roles: team },
  { label: 'New orders', path: '?queue=new', roles: team },
  { label: 'My orders', path: '?queue=mine', roles: team },
  { label: 'Unassigned orders', path: '?queue=unassigned', roles: team },
  { label: 'All orders, newest first', path: '?status=all&sort=newest', roles: team },
  { label: 'Security', path: 'security', roles: ['admin'] },
  { label: 'My orders', path: '', roles: ['customer'] },
  { label: 'New order', path: 'new', roles: ['customer'] },
];

/** What a user may choose, narrowed to what has every word of the query in its name. */
export const commandsFor = (role: Role, query: string): Command[] => {
  const words = searchText(query).split(/\s+/u);
  return commands.filter(
    ({ label, roles }) => roles.includes(role) && words.every((word) => searchText(label).includes(word)),
  );
};
