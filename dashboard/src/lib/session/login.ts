/** Goes to the login page, and back here after it. A full load, so that nothing of the old session stays in memory. */
export function leaveForLogin(): void {
  const next = location.pathname + location.search;
  location.assign(`/login?ended&next=${encodeURIComponent(next)}`);
}
