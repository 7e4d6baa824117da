import { type ServerName, Stack, type StackOptions } from '@live-orders/local/servers/stack.ts';

/** Starts all three servers (or `only` some) at once. Where one fails, it stops the others and rejects with the reason. */
export const startStack = async (
  options: StackOptions,
  only: ServerName[] = ['postgres', 'redis', 'kafka'],
): Promise<Stack> => {
  const stack = await Stack.prepare(options);
  const outcomes = await Promise.allSettled(only.map((name) => stack.start(name)));
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    await stack.stop();
    throw outcome.reason;
  }
  return stack;
};
