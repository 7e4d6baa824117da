import { z } from 'zod';
import { givenText, timestamp, uuid } from '../domain/fields.ts';
import { page } from './paging.ts';

/** As many views one user keeps. */
export const mostViews = 50;

const name = givenText.min(1).max(60).meta({
  description: 'Once among the views of a user, in whatever case it is written',
  example: 'Late and unassigned',
});

/** As a pattern, so that the documents state the rule too: what RFC 3986 lets a query be made of. */
const query = /^\?(?:[\w.~!$&'()*+,;=:@/?-]|%[\dA-Fa-f]{2})*$/;

const search = z.string().max(500).regex(query, 'must be a query, such as ?queue=late').meta({
  description: 'The query of the board’s address: what it is narrowed to, how it is sorted and laid out',
  example: '?queue=late&view=columns',
});

/** A view of the board that a member of the team keeps under a name. */
export const savedView = z
  .object({ id: uuid, name: z.string(), search: z.string(), created_at: timestamp, updated_at: timestamp })
  .meta({ id: 'SavedView' });
export type SavedView = z.infer<typeof savedView>;

export const savedViewPage = page(savedView).meta({ id: 'SavedViewPage' });

export const savedViewCreation = z
  .strictObject({ name, search })
  .meta({ id: 'SavedViewCreation', example: { name: 'Late and unassigned', search: '?queue=late' } });
export type SavedViewCreation = z.infer<typeof savedViewCreation>;

export const savedViewChange = z
  .strictObject({ name: name.optional(), search: search.optional() })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')
  .meta({ id: 'SavedViewChange', example: { name: 'Late ones' } });
export type SavedViewChange = z.infer<typeof savedViewChange>;
