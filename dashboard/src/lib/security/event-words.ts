import type { SecurityEntry } from '@live-orders/contracts/rest/security-events.ts';

/** What more there is to say of an event than what kind it is; null for nothing. */
export function describeDetails({ type, details }: SecurityEntry): string | null {
  if (type === 'user.role_changed') return `${details.from} → ${details.to}`;
  if (type === 'user.created') return `as ${details.role}`;
  if (details.code === 'account_deactivated') return 'The account is deactivated';
  if (details.code === 'invalid_credentials') return 'Wrong e-mail or password';
  return details.route ? `${details.method} ${details.route}` : null;
}

interface People {
  /** Whom to name first, and whom it was done to where that is somebody else. Null for somebody who is not logged in. */
  by: string | null;
  about: string | null;
}

/** Who did it, and to whom. A user who is gone from the table is named by the id. */
export function peopleOf({ actor_id, actor_email, subject_id, subject_email }: SecurityEntry): People {
  const by = actor_email ?? actor_id;
  return { by, about: subject_id === actor_id ? null : (subject_email ?? subject_id) };
}
