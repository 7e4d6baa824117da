import {
  addressLength,
  type SecurityDetails,
  type SecurityEvent,
  securityEventCatalogue,
  type SecurityEventType,
  userAgentLength,
} from '@live-orders/contracts/audit/security-events.ts';
import { v7 as uuidv7 } from 'uuid';
import type { Log } from '../process/log.ts';
import { requestContext } from '../process/request-context.ts';

export interface Told<T extends SecurityEventType> {
  /** The user whom it concerns; null for none. */
  subject: string | null;
  /** Who did it. Default: whose token came with the request. */
  actor?: string;
  details: SecurityDetails<T>;
}

/** Without line ends and other controls, and no longer than is kept. A header cannot hold half a surrogate pair, but half a cut. */
const cleaned = (text: string | null | undefined, most: number): string | null =>
  text == null
    ? null
    : text
        .replace(/\p{Cc}/gu, ' ')
        .slice(0, most)
        .toWellFormed();

/** An event of this moment and of the request that is under way, which tells from where and with what device. */
export const securityEvent = <T extends SecurityEventType>(type: T, told: Told<T>): SecurityEvent => {
  const request = requestContext.getStore();
  const sender = request?.sender();
  return {
    id: uuidv7(),
    type,
    created_at: new Date().toISOString(),
    actor_id: told.actor ?? sender?.user_id ?? null,
    subject_id: told.subject,
    address: cleaned(sender?.address, addressLength),
    user_agent: cleaned(sender?.user_agent, userAgentLength),
    request_id: cleaned(request?.request_id, 255),
    count: 1,
    details: { ...told.details },
  };
};

/** The line of the log that says the same as the row of the table; its `event` is the type. */
export const logSecurityEvent = (log: Log, { type, id, created_at: _, ...event }: SecurityEvent): void => {
  const { outcome } = securityEventCatalogue[type];
  const line = { event: type, event_id: id, outcome, ...event };
  if (outcome === 'refused') log.warn(line, 'security event');
  else log.info(line, 'security event');
};
