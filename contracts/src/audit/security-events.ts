import { z } from 'zod';
import { timestamp, uuid } from '../domain/fields.ts';
import { role } from '../domain/users.ts';

/** No control characters: the Unicode category Cc, spelled out because a pattern of an OpenAPI document has no flag that would know `\p{Cc}`. */
const withoutControls = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$';

/** Text that a caller may have chosen. It is cut and cleaned before, so that nobody writes a book or a line break into the table. */
const told = (most: number) =>
  z
    .string()
    .max(most)
    .regex(new RegExp(withoutControls))
    .refine((text) => text.isWellFormed());

const nothing = z.object({});
/** A call that was refused: its route, never its address, which may hold a ticket; and the code of the error catalogue. */
const refusedCall = z.object({ method: z.string(), route: z.string(), code: z.string() });

interface Kind {
  outcome: 'done' | 'refused';
  /** What is told of it beside the members that every security event has. */
  details: z.ZodType<Record<string, string>>;
  /** What a page calls it. `docs/security-events.md` says more. */
  label: string;
}

/**
 * Every security event that there is: the same names in the log of each part and in the table `security_events`. None of
 * them holds a password, a token, a ticket or an address that was only typed in: whoever types a password into the field for
 * the e-mail address would find it here, so of a login the account is told where there is one, and nothing where there is none.
 */
export const securityEventCatalogue = {
  'login.succeeded': { outcome: 'done', details: nothing, label: 'Logged in' },
  'login.failed': { outcome: 'refused', details: refusedCall, label: 'Login failed' },
  'login.delayed': { outcome: 'refused', details: refusedCall, label: 'Login slowed down' },
  'session.ended': { outcome: 'done', details: nothing, label: 'Logged out' },
  'session.stolen': {
    outcome: 'refused',
    details: nothing,
    label: 'Session ended: its token was used twice',
  },
  'password.changed': { outcome: 'done', details: nothing, label: 'New password' },
  'password.refused': { outcome: 'refused', details: nothing, label: 'Wrong own password' },
  'user.registered': { outcome: 'done', details: nothing, label: 'Registered' },
  'user.created': { outcome: 'done', details: z.object({ role }), label: 'Account created' },
  'user.role_changed': {
    outcome: 'done',
    details: z.object({ from: role, to: role }),
    label: 'Role changed',
  },
  'user.deactivated': { outcome: 'done', details: nothing, label: 'Account deactivated' },
  'user.reactivated': { outcome: 'done', details: nothing, label: 'Account activated again' },
  'access.denied': { outcome: 'refused', details: refusedCall, label: 'Not allowed' },
  'rate.exceeded': { outcome: 'refused', details: refusedCall, label: 'Too many requests' },
  'origin.refused': { outcome: 'refused', details: refusedCall, label: 'Foreign page refused' },
  'ticket.refused': { outcome: 'refused', details: nothing, label: 'Ticket refused' },
} as const satisfies Record<string, Kind>;

type Catalogue = typeof securityEventCatalogue;
export type SecurityEventType = keyof Catalogue;
export type SecurityDetails<T extends SecurityEventType> = z.infer<Catalogue[T]['details']>;
/** Those that tell of a refused call. */
export type RefusedCallType = {
  [T in SecurityEventType]: SecurityDetails<T> extends z.infer<typeof refusedCall> ? T : never;
}[SecurityEventType];

export const securityEventTypes = Object.keys(securityEventCatalogue).filter(
  (type): type is SecurityEventType => type in securityEventCatalogue,
);

/** How long the longest user agent and address are that are kept; what is longer is cut. */
export const userAgentLength = 200;
export const addressLength = 64;

/** A security event as it goes through Redis, into the table and into the log. */
export const securityEvent = z.object({
  id: uuid,
  type: z.enum(securityEventTypes),
  created_at: timestamp,
  actor_id: uuid.nullable().meta({ description: 'Who did it; null for somebody who is not logged in' }),
  subject_id: uuid
    .nullable()
    .meta({ description: 'The user whom it concerns; null for none, or one that does not exist' }),
  address: told(addressLength).nullable().meta({ description: 'From which it came', example: '203.0.113.5' }),
  user_agent: told(userAgentLength).nullable().meta({ description: 'What the device says of itself' }),
  request_id: told(255).nullable(),
  count: z
    .int32()
    .positive()
    .meta({ description: 'How often within a minute; time and request are those of the last' }),
  details: z.record(told(40), told(200)),
});
export type SecurityEvent = z.infer<typeof securityEvent>;
