const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A span in its largest whole unit: `12 s`, `4 min`, `3 h`, `2 d`. */
export function formatSpan(ms: number): string {
  const span = Math.max(0, ms);
  if (span < minute) return `${Math.floor(span / 1000)} s`;
  if (span < hour) return `${Math.floor(span / minute)} min`;
  if (span < 2 * day) return `${Math.floor(span / hour)} h`;
  return `${Math.floor(span / day)} d`;
}

/** A span that is usually well below a second: `41 ms`, `2.9 s`, and from ten seconds on as by `formatSpan`. */
export function formatDelay(ms: number): string {
  const span = Math.round(Math.max(0, ms));
  if (span < 1000) return `${span} ms`;
  return span < 10_000 ? `${(Math.floor(span / 100) / 10).toFixed(1)} s` : formatSpan(span);
}

/** How long ago something was: `just now`, `4 min ago`. */
export function formatAge(ms: number): string {
  return ms < minute ? 'just now' : `${formatSpan(ms)} ago`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const formatClock = (time: number | string): string => clock.format(new Date(time));
export const formatMoment = (time: number | string): string => full.format(new Date(time));

/** An order that is due within so many ms is urgent. */
export const urgentMs = 2 * minute;

export type Due = { late: boolean; text: string; urgent: boolean };

const twoDigits = (n: number): string => String(n).padStart(2, '0');

/** A span to the second, as on a stopwatch: `0:07`, `12:04`, `1:02:03`; in days where it is two or more. */
export function formatStopwatch(ms: number): string {
  const span = Math.max(0, ms);
  if (span >= 2 * day) return formatSpan(span);
  const [hours, minutes, seconds] = [span / hour, (span % hour) / minute, (span % minute) / 1000].map(Math.floor);
  return hours
    ? `${hours}:${twoDigits(minutes ?? 0)}:${twoDigits(seconds ?? 0)}`
    : `${minutes}:${twoDigits(seconds ?? 0)}`;
}

/** How an order stands against the time by which it should leave its status; null where there is no such time. */
export function describeDue(dueAt: string | null, now: number): Due | null {
  if (dueAt === null) return null;
  const left = Date.parse(dueAt) - now;
  if (left < 0) return { late: true, urgent: true, text: `${formatStopwatch(-left)} late` };
  const urgent = left < urgentMs;
  return { late: false, urgent, text: `due in ${urgent ? formatStopwatch(left) : formatSpan(left)}` };
}
