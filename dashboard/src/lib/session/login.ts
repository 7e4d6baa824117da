/**
 * Goes to the login page, which leads back to this one. The page is loaded anew, rather than navigated to by SvelteKit, so
 * that nothing of the old session stays in memory.
 */
export function leaveForLogin(): void {
  const next = location.pathname + location.search;
  location.assign(`/login?ended&next=${encodeURIComponent(next)}`);
}
