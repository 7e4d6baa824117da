import { desktop } from '@live-orders/test-support/browser/browser.ts';
import { test } from '@live-orders/test-support/fixtures/site.ts';
import { expect, vi } from 'vitest';
import { mutated } from '../faults/laboratory/rig/instance.ts';

test('a page outlives its access token on the same connection', async ({ site }) => {
  await site.system.withSettings('users', mutated('tokens live for four seconds'), async () => {
    const staff = await site.visit('renewal', { viewport: desktop });
    const connections: string[][] = [];
    staff.page.on('websocket', (socket) => {
      const heard: string[] = [];
      connections.push(heard);
      socket.on('framereceived', ({ payload }) => {
        for (const event of ['expiring', 'renewed'])
          if (String(payload).includes(`"event":"${event}"`)) heard.push(event);
      });
      socket.on('close', () => heard.push('closed'));
    });
    await staff.login('staff@example.com');
    // The second warning is of the end of the second token: the first one's life is over by then.
    const twice = ['expiring', 'renewed', 'expiring', 'renewed'];
    await vi.waitFor(() => expect(connections.flat().length).toBeGreaterThanOrEqual(twice.length), { timeout: 20_000 });
    expect(connections).toEqual([twice]);
    await staff.page.locator('[data-testid=connection][data-phase=live]').waitFor();
    expect(staff.errors).toEqual([]);
    await staff.leave();
  });
});
