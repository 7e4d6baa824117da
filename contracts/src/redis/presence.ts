import { z } from 'zod';
import { uuid } from '../domain/fields.ts';
import { presentOrders } from '../socket/presence.ts';

/** The channel on which gateways tell each other who is at their sockets; a deployment may put a prefix before it. */
export const presenceChannel = 'presence';

/** `gateway` identifies a process. It announces everybody (`full`) every 5 s; what it announced is forgotten after 12 s. */
export const presenceAnnouncement = z.discriminatedUnion('event', [
  /** A gateway has started, and asks the others for everything. */
  z.object({ event: z.literal('hello'), gateway: uuid }),
  z.object({ event: z.literal('present'), gateway: uuid, full: z.boolean(), orders: presentOrders }),
  /** A gateway stops; nobody is at its sockets any more. */
  z.object({ event: z.literal('bye'), gateway: uuid }),
]);
export type PresenceAnnouncement = z.infer<typeof presenceAnnouncement>;
export const announceMs = 5_000;
export const announcementLifeMs = 12_000;
