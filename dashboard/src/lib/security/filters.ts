import { type SecurityEventType, securityEventTypes } from '@live-orders/contracts/audit/security-events.ts';

/** For how long back events are listed; all of them without one. */
export const periods = {
  hour: { label: 'Last hour', seconds: 3_600 },
  day: { label: 'Last 24 hours', seconds: 24 * 3_600 },
  week: { label: 'Last 7 days', seconds: 7 * 24 * 3_600 },
  month: { label: 'Last 30 days', seconds: 30 * 24 * 3_600 },
} as const;
export type Period = keyof typeof periods;

/** What is asked for, as the page's address has it. A text is empty where nothing is. */
export interface Filters {
  type: SecurityEventType | '';
  /** The e-mail address or id of a user. */
  user: string;
  address: string;
  period: Period | '';
}

const isPeriod = (text: string): text is Period => Object.hasOwn(periods, text);

/** Reads the query of the page's address; a type or a period that there is not counts as none. */
export function readFilters(query: URLSearchParams): Filters {
  const text = (name: string): string => query.get(name)?.trim() ?? '';
  const period = text('period');
  return {
    type: securityEventTypes.find((type) => type === text('type')) ?? '',
    user: text('user'),
    address: text('address'),
    period: isPeriod(period) ? period : '',
  };
}

/** The query of the page's address that asks for this. */
export function queryOf(filters: Partial<Filters>, cursor?: string | null): '' | `?${string}` {
  const given = Object.entries(filters)
    .map(([name, value]) => [name, value.trim()])
    .filter(([, value]) => value !== '');
  if (cursor) given.push(['cursor', cursor]);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
