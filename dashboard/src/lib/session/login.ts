import { markLeft } from './page-user.ts';

/**
 * Goes to the login page, which leads back to this one, at once where somebody is logged in in this browser. The page is loaded anew, rather than navigated to by SvelteKit, so
 * that nothing of the old session stays in memory.
 */
export function leaveForLogin(): void {
  markLeft();
  const next = location.pathname + location.search;
  location.assign(`/login?ended&next=${encodeURIComponent(next)}`);
}
