import { z } from 'zod';
import { look } from './presence.ts';

/** What a client may send: a JSON object, at most 8 KiB. */
export const clientMessage = z.union([
  z.object({ event: z.literal('ping') }),
  /** Which order a member of the team is at. The last one holds until the next, or until the socket closes. */
  look,
  /** A new ticket or access token of the same user, so that the connection outlives the one that it began with. */
  z.object({ event: z.literal('renew'), ticket: z.string() }),
  z.object({ event: z.literal('renew'), token: z.string() }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;
export const clientFrameBytes = 8 * 1024;
