import { z } from 'zod';
import { timestamp, uuid } from './fields.ts';

const roles = ['admin', 'staff', 'customer'] as const;
export const role = z.enum(roles);
export type Role = z.infer<typeof role>;

/** Staff and administrators see and move every order. */
export const isStaff = (value: Role): boolean => value !== 'customer';

export const user = z
  .object({
    id: uuid,
    email: z.string().meta({ example: 'ada@example.com' }),
    name: z.string().meta({ example: 'Ada Lovelace' }),
    role,
    created_at: timestamp,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof user>;

/** One of those who take care of orders, as they see each other. */
export const teamMember = user.pick({ id: true, name: true, role: true }).meta({ id: 'TeamMember' });
export type TeamMember = z.infer<typeof teamMember>;

/** A user as administrators see it: deactivated users stay, with `active: false`. */
export const account = user
  .extend({ active: z.boolean(), version: z.int().positive(), updated_at: timestamp })
  .meta({ id: 'Account' });
export type Account = z.infer<typeof account>;
