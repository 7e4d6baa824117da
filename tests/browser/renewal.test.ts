import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { desktop } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { expect, vi } from 'vitest';
import { readFrame } from '../../dashboard/src/lib/transport/frame.ts';
import { mutated } from '../faults/laboratory/rig/instance.ts';

/** What one connection has brought. */
interface Connection {
  messages: ServerMessage[];
  isClosed: boolean;
}

/** Whether a heartbeat came on it that was sent after the end of the token with which it began. */
const hasOutlivedItsToken = ({ messages }: Connection): boolean => {
  const welcome = messages.find((message) => message.event === 'welcome');
  return messages.some(
    (message) => message.event === 'heartbeat' && welcome && message.data.server_time > welcome.data.expires_at,
  );
};

const outliveToken = async (site: Site): Promise<void> => {
  const staff = await site.visit('renewal', { viewport: desktop });
  const connections: Connection[] = [];
  staff.page.on('websocket', (socket) => {
    const connection: Connection = { messages: [], isClosed: false };
    connections.push(connection);
    socket.on('framereceived', ({ payload }) => connection.messages.push(...(readFrame(payload) ?? [])));
    socket.on('close', () => (connection.isClosed = true));
  });
  await staff.login('staff@example.com');
  await vi.waitFor(() => expect(connections.some(hasOutlivedItsToken)).toBe(true), { timeout: 40_000 });
  expect(connections.map(({ isClosed }) => isClosed)).toEqual([false]);
  await staff.page.locator('[data-testid=connection][data-phase=live]').waitFor();
  expect(staff.errors).toEqual([]);
  await staff.leave();
};

test('a page outlives its access token on the same connection', async ({ site }) => {
  // The page has more than six of the eight seconds to renew its token.
  await site.system.withSettings('users', mutated('tokens live for eight seconds'), () =>
    site.system.withSettings('gateway', mutated('clients are warned early of the end of their tokens'), () =>
      outliveToken(site),
    ),
  );
}, 90_000);
