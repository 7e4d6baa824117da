import { asset } from '$app/paths';

const limit = 5000;

/** Whether the server answers at all, which SvelteKit's errors do not tell from mistakes. Never throws. */
export const isReachable = (): Promise<boolean> =>
  fetch(asset('favicon.svg'), { cache: 'no-store', signal: AbortSignal.timeout(limit) }).then(
    ({ ok }) => ok,
    () => false,
  );

export const unreachable = {
  title: 'The server can’t be reached',
  advice: 'Check your connection, then try again.',
} as const;
