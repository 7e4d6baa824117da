import { z } from 'zod';
import { givenText, givenTime, uuid } from '../domain/fields.ts';
import { addressLength, securityEvent, securityEventTypes } from '../audit/security-events.ts';
import { email } from './email.ts';
import { page, pageQuery } from './paging.ts';

/** As an administrator reads it: with the e-mail addresses that the users have now. */
export const securityEntry = securityEvent
  .extend({
    outcome: z.enum(['done', 'refused']),
    actor_email: z.string().nullable(),
    subject_email: z.string().nullable(),
  })
  .meta({ id: 'SecurityEvent' });
export type SecurityEntry = z.infer<typeof securityEntry>;

export const securityEventPage = page(securityEntry).meta({ id: 'SecurityEventPage' });

/** Filters of the list; several of them must all hold. */
export const securityEventQuery = pageQuery.extend({
  type: z.enum(securityEventTypes).optional(),
  user: z
    .union([uuid, email], 'must be the id or the e-mail address of a user')
    .optional()
    .meta({ description: 'Who did it, or whom it concerns: an id or an e-mail address' }),
  address: givenText.min(1).max(addressLength).optional().meta({ example: '203.0.113.5' }),
  created_from: givenTime.optional().meta({ description: 'At this time or later' }),
  created_to: givenTime.optional().meta({ description: 'Before this time' }),
});
export type SecurityEventQuery = z.infer<typeof securityEventQuery>;
