import type { Role } from '@live-orders/contracts/domain/users.ts';

/** A page that can be gone to from everywhere. */
export interface Place {
  label: string;
  path: '' | 'new' | 'security';
}

const team: readonly Role[] = ['staff', 'admin'];

const places: readonly (Place & { roles: readonly Role[] })[] = [
  { label: 'Orders', path: '', roles: team },
  { label: 'Security', path: 'security', roles: ['admin'] },
  { label: 'My orders', path: '', roles: ['customer'] },
  { label: 'New order', path: 'new', roles: ['customer'] },
];

/** The pages that somebody of this role may see, the most important first. */
export const placesFor = (role: Role): Place[] => places.filter(({ roles }) => roles.includes(role));
