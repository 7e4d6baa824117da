import { z } from 'zod';
import { uuid } from './fields.ts';
import { role } from './users.ts';

/** Who caused a change; null for the system itself. */
export const actor = z.object({ id: uuid, name: z.string(), role }).meta({ id: 'Actor' });
export type Actor = z.infer<typeof actor>;
