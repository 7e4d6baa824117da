import { phone } from '@live-orders/test-support/browser/browser.ts';
import { placeMany, removeMany } from '@live-orders/test-support/browser/many-orders.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { expect } from 'vitest';

const ours = { many: 200, base: 510_000, name: `Fina ${crypto.randomUUID()}` };
const { many, base, name } = ours;

test('a finger that has drawn its row far away is let go all the same', async ({ site, database }) => {
  await placeMany(database, ours);
  const buyer = await new Api(site.system.gatewayUrl).register(name);
  const thumb = await site.visit('many-phone', { viewport: phone, isMobile: true, hasTouch: true });
  await thumb.login('staff@example.com');
  const { page } = thumb;
  await page.goto(`/?q=${name.replaceAll(' ', '+')}`);
  const first = page.locator(`[data-testid=board] [data-order-number="${base + 1}"]`);
  await first.waitFor();
  await page.locator('[data-testid=connection][data-phase=live]').waitFor();
  const box = await first.boundingBox();
  const devtools = await page.context().newCDPSession(page);
  const touchPoints = [{ x: (box?.x ?? 0) + 150, y: (box?.y ?? 0) + 20 }];
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  const order = await buyer.placeOrder([{ product_id: site.products[0]?.id ?? '', quantity: 1 }]);
  await page.getByTestId('board').getByRole('button', { name: '1 new' }).waitFor();
  await page.evaluate('scrollTo(0, document.body.scrollHeight / 2)');
  await page.locator(`[data-testid=board] [data-order-number="${base + 2}"]`).waitFor({ state: 'visible' });
  await page.locator(`[data-testid=board] [data-order-number="${base + 9}"]`).waitFor({ state: 'detached' });
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  // A touch that was short enough is a tap, which opens an order over the table.
  await page.locator(`[role=table][aria-rowcount="${many + 2}"]`).waitFor({ state: 'attached' });
  await site.admin.move(order.id, 'cancelled');
  expect(thumb.errors).toEqual([]);
  await thumb.leave();
  await removeMany(database, ours);
});
