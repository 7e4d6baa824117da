import type { TeamMember } from '@live-orders/contracts/domain/users.ts';
import { teamPage } from '@live-orders/contracts/rest/users.ts';
import { callApi } from '../session/api.ts';

/** Everybody to whom orders can be assigned, by name. Fails as callApi does. */
export async function readTeam(signal: AbortSignal): Promise<TeamMember[]> {
  const team: TeamMember[] = [];
  let query = '?limit=200';
  for (;;) {
    const page = await callApi(teamPage, `users/api/team${query}`, { signal });
    team.push(...page.data);
    if (page.next_cursor === null) return team.sort((a, b) => a.name.localeCompare(b.name));
    query = `?limit=200&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}
