import { type Account, role, type TeamMember, type User } from '@live-orders/contracts/domain/users.ts';
import { columnsOf, timestampColumn } from '@live-orders/runtime/database/select.ts';
import { z } from 'zod';

/** A row of `users`. */
export const userRow = z.object({
  id: z.string(),
  email: z.string(),
  /** bcrypt hash */
  password: z.string(),
  name: z.string(),
  role,
  active: z.boolean(),
  version: z.number(),
  /** how often all sessions of the user ended at once; a session belongs to the epoch in which it began */
  session_epoch: z.int(),
  created_at: timestampColumn,
  updated_at: timestampColumn,
});
export type UserRow = z.infer<typeof userRow>;

/** The columns of a `UserRow`, for `users u`. */
export const userColumns = columnsOf(userRow, 'u');

/** A row of `sessions`. */
export const sessionRow = z.object({
  id: z.string(),
  user_id: z.string(),
  /** SHA-256 of the first refresh secret, from which those after each renewal are derived */
  secret_hash: z.instanceof(Buffer),
  /** how often the session was renewed */
  generation: z.int(),
  refreshed_at: z.date(),
  expires_at: z.date(),
  created_at: z.date(),
});
export type SessionRow = z.infer<typeof sessionRow>;

/** The columns of a `sessionRow`, for `sessions s`. */
export const sessionColumns = columnsOf(sessionRow, 's');

/** What others see of a user: the members of `User` and nothing else. */
export const toUser = ({ id, email, name, role: held, created_at }: User): User => ({
  id,
  email,
  name,
  role: held,
  created_at,
});

export const toAccount = (row: UserRow): Account => ({
  ...toUser(row),
  active: row.active,
  version: row.version,
  updated_at: row.updated_at,
});

export const toMember = ({ id, name, role: held }: Account): TeamMember => ({ id, name, role: held });
