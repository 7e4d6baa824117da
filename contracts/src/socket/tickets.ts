import { z } from 'zod';

/** Answer of `POST /live/ticket`: good for one upgrade, `expires_in` seconds long. */
export const ticket = z
  .object({ ticket: z.string(), expires_in: z.int().meta({ example: 30 }) })
  .meta({ id: 'Ticket' });
export const ticketSeconds = 30;
