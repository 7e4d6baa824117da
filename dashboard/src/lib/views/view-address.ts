import type { SavedView } from '@live-orders/contracts/rest/views.ts';
import { readView, type View, writeView } from '../board/order-view.ts';

/** The query of the board's address for a view; the same for views that show the same. */
export const addressOf = (view: View): `?${string}` => `?${writeView({ ...view, query: view.query.trim() })}`;

/** Where a kept view leads: what of it is unknown by now has its default. */
export const savedAddress = ({ search }: Pick<SavedView, 'search'>): `?${string}` =>
  addressOf(readView(new URLSearchParams(search)));
