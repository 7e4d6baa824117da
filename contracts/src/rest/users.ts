import { z } from 'zod';
import { givenText, uuid } from '../domain/fields.ts';
import { email } from './email.ts';
import { page, pageQuery } from './paging.ts';
import { account, role, teamMember, user } from '../domain/users.ts';

const name = givenText.min(1).max(100);

/** Counted in characters as people see them written, whatever the script; what is easy to guess is refused by the service. */
const password = z
  .string()
  .max(1000)
  .refine((value) => Array.from(value.normalize('NFC')).length >= 8, 'must have at least 8 characters')
  .meta({ minLength: 8, description: 'Of any script; none that is common, or made of the own name or address' });
export const accountPage = page(account).meta({ id: 'AccountPage' });

export const credentials = z
  .strictObject({ email, password: z.string().min(1).max(1000) })
  .meta({ id: 'Credentials', example: { email: 'staff@example.com', password: 'password123' } });
export const registration = z.strictObject({ email, password, name }).meta({
  id: 'Registration',
  example: { email: 'ada@example.com', password: 'a long password', name: 'Ada Lovelace' },
});
export const refreshRequest = z.strictObject({ refresh_token: z.string().min(1).max(200) }).meta({
  id: 'Refresh',
  example: { refresh_token: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10.q5xGc0hrJ1m0Xq7qz0mGxg2mF0p3iY8vVb3l8d1wZ5k' },
});

/**
 * How long an access token lives; a session that ended is remembered that long. It bounds what one is worth whose session
 * has ended while neither the users service nor Redis can tell of that.
 */
export const accessTokenSeconds = 5 * 60;

/** `expires_in` in seconds. A refresh token is good for one use. */
export const session = z
  .object({
    access_token: z.string().meta({ description: 'A signed token (EdDSA), for `Authorization: Bearer …`' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ example: 300 }),
    refresh_token: z.string(),
    user,
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof session>;

export const verification = z.object({ valid: z.literal(true), user }).meta({ id: 'Verification' });

export const profileChange = z
  .strictObject({
    name: name.optional(),
    password: password.optional(),
    current_password: z.string().max(1000).optional(),
  })
  .refine((change) => change.name !== undefined || change.password !== undefined, 'nothing to change')
  .refine((change) => change.password === undefined || change.current_password !== undefined, {
    path: ['current_password'],
    message: 'is needed to set a new password',
  })
  .meta({ id: 'ProfileChange', example: { name: 'Ada King' } });

export const accountCreation = registration.extend({ role }).meta({
  id: 'AccountCreation',
  example: { email: 'grace@example.com', password: 'a long password', name: 'Grace Hopper', role: 'staff' },
});
export const accountChange = z
  .strictObject({
    name: name.optional(),
    role: role.optional(),
    password: password.optional(),
    active: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')
  .meta({ id: 'AccountChange', example: { role: 'staff' } });

export const accountQuery = pageQuery.extend({ role: role.optional() });

/** The team: active staff and administrators. */
export const teamQuery = pageQuery.extend({
  id: uuid.optional().meta({ description: 'Only the member with this id' }),
});
export const teamPage = page(teamMember).meta({ id: 'TeamPage' });
