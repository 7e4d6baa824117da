import { z } from 'zod';
import { uuid } from './fields.ts';

/** A session, or all of a user's, that ended before its access tokens did. */
export const revocation = z.object({
  id: uuid.meta({ description: 'The user' }),
  session_id: uuid.nullable().meta({ description: 'null: every session of the user' }),
  session_epoch: z.int().optional().meta({
    description: 'With `session_id` null: sessions of a lower epoch have ended. Missing in events of release 0.1',
  }),
  reason: z.enum(['logout', 'deactivated', 'role_changed', 'password_changed', 'token_reuse']),
});
export type Revocation = z.infer<typeof revocation>;

/** What a gateway reads of it. Not the reason: one that only a later release knows has to end the session all the same. */
export const endedSession = revocation.omit({ reason: true });
export type EndedSession = z.infer<typeof endedSession>;
