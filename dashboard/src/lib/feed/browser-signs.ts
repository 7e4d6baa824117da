import type { LiveClient } from '../live/client.ts';

/**
 * Lets the client know when the browser says that the network is gone or may be back, or shows the page again, until the
 * returned function is called.
 */
export const heedBrowser = (client: LiveClient): (() => void) => {
  const ended = new AbortController();
  const { signal } = ended;
  window.addEventListener('online', () => client.wake(), { signal });
  window.addEventListener('offline', () => client.suspect(), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') client.wake();
    },
    { signal },
  );
  return () => ended.abort();
};
