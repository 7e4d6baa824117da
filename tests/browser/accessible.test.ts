import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, describe, expect } from 'vitest';

let desk: Record<'team' | 'customer', Visitor>;
let hand: Record<'team' | 'customer', Visitor>;
let order: Order;

test.beforeAll(async ({ site }) => {
  const touched = { viewport: phone, isMobile: true, hasTouch: true };
  const [admin, adminPhone, customer, customerPhone] = await Promise.all([
    site.visit('accessible', { viewport: desktop }),
    site.visit('accessible-phone', touched),
    site.visit('accessible-customer', { viewport: desktop }),
    site.visit('accessible-customer-phone', touched),
  ]);
  desk = { team: admin, customer };
  hand = { team: adminPhone, customer: customerPhone };
  await Promise.all([admin.login('admin@example.com'), customer.login('customer@example.com')]);
  await Promise.all([adminPhone.login('admin@example.com'), customerPhone.login('customer@example.com')]);
  const buyer = await site.anybody.login('customer@example.com');
  order = await buyer.placeOrder([{ product_id: site.products[0]?.id ?? '', quantity: 2 }], 'Ring twice');
});

afterAll(async () => {
  await Promise.all([...Object.values(desk), ...Object.values(hand)].map((visitor) => visitor.leave()));
});

const pages: [name: string, who: 'team' | 'customer', path: () => string, then?: (at: Visitor) => Promise<unknown>][] =
  [
    ['table', 'team', () => '/?sort=newest'],
    ['columns', 'team', () => '/?sort=newest&view=columns'],
    [
      'order beside the board',
      'team',
      () => '/?sort=newest',
      async ({ page }) => {
        await page.locator(`[data-order-id="${order.id}"] [data-row-link]`).click();
        await page.getByTestId('drawer').getByTestId('history').getByText('Placed').waitFor();
      },
    ],
    ['order', 'team', () => `/orders/${order.number}`],
    ['security', 'team', () => '/security'],
    ['own orders', 'customer', () => '/'],
    ['own order', 'customer', () => `/orders/${order.number}`],
    ['new order', 'customer', () => '/new'],
  ];

/** What a finger is to hit, and is smaller than 44 px in a direction; links within a line of text are as high as the line. */
const tooSmall = `[...document.querySelectorAll('button, select, input, nav a, a.button, [role=row] a')].flatMap((one) => {
  const target = one.closest('label') ?? one;
  const { width, height } = target.getBoundingClientRect();
  const over = getComputedStyle(one, '::after');
  const [w, h] = over.content === 'none' || over.position !== 'absolute' ? [width, height]
    : [parseFloat(over.width), parseFloat(over.height)];
  if (width === 0 || one.closest('.sr-only, [hidden]') || getComputedStyle(one).visibility === 'hidden') return [];
  return w < 43.9 || h < 43.9 ? [(one.getAttribute('aria-label') || one.textContent.trim() || one.tagName) + ' ' + w + ' x ' + h] : [];
})`;

/** Colours on their way to others are neither. */
const comeToRest = ({ page }: Visitor) =>
  page.evaluate(`Promise.allSettled(
    document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < 5000).map((one) => one.finished),
  ).then(() => null)`);

describe.each(pages)('the page %s', (name, who, pathOf, then) => {
  const open = async (visitor: Visitor): Promise<void> => {
    await visitor.page.goto(pathOf());
    await visitor.page.locator('[data-testid=connection][data-phase=live]').waitFor();
    await then?.(visitor);
    await comeToRest(visitor);
  };

  test('breaks no rule in either theme, nor in forced colours', async () => {
    const visitor = desk[who];
    await open(visitor);
    for (const media of [
      { colorScheme: 'light', forcedColors: 'none' },
      { colorScheme: 'dark', forcedColors: 'none' },
      { colorScheme: 'dark', forcedColors: 'active' },
    ] as const) {
      await visitor.page.emulateMedia(media);
      await comeToRest(visitor);
      expect([media, await violations(visitor.page)]).toEqual([media, []]);
      await visitor.photograph(
        `${name.replaceAll(' ', '-')}-${media.forcedColors === 'active' ? 'forced' : media.colorScheme}`,
      );
    }
    await visitor.page.emulateMedia({ colorScheme: null, forcedColors: null });
    expect(visitor.errors).toEqual([]);
  });

  test('reflows at 320 px, and at twice the size', async () => {
    const visitor = desk[who];
    for (const viewport of [
      { width: 320, height: 640 },
      { width: desktop.width / 2, height: desktop.height / 2 },
    ]) {
      await visitor.page.setViewportSize(viewport);
      await open(visitor);
      const over = await visitor.page.evaluate('document.documentElement.scrollWidth - innerWidth');
      const cut = await visitor.page.evaluate<number>(
        `[...document.querySelectorAll('[data-order-id]')].filter((row) => row.scrollWidth > row.clientWidth + 1).length`,
      );
      expect([viewport.width, over, cut]).toEqual([viewport.width, 0, 0]);
      await visitor.photograph(`${name.replaceAll(' ', '-')}-${viewport.width}`);
    }
    await visitor.page.setViewportSize(desktop);
  });

  test('has nothing for a finger that is smaller than 44 px', async () => {
    await open(hand[who]);
    expect(await hand[who].page.evaluate(tooSmall)).toEqual([]);
  });
});
