/** Whether a service answers its health page within a second; for the gateway's own. */
export const upstreamState = (base: string): Promise<'up' | 'down'> =>
  fetch(new URL('/api', base), { signal: AbortSignal.timeout(1_000) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok ? 'up' : 'down';
    },
    () => 'down',
  );
