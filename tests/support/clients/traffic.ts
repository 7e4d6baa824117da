import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { expect, vi } from 'vitest';
import { ShopLife } from '@live-orders/local/traffic/shop-life.ts';

/** Resolves once `count` more writes were acknowledged. */
export type Writes = (count: number) => Promise<void>;

/** Runs simulated customers and staff before, during and after `work`; resolves to every acknowledged write, in order. */
export const underTraffic = async (
  { gateway, rate, seed }: { gateway: string; rate: number; seed: number },
  work: (writes: Writes) => Promise<void>,
): Promise<Order[]> => {
  const written: Order[] = [];
  const closing = new AbortController();
  const onWrite = (order: Order): void => void written.push(order);
  const life = new ShopLife({ gateway, rate, seed, pace: 0.02, onWrite }).run(closing.signal);
  const writes: Writes = async (count) => {
    const before = written.length;
    await vi.waitFor(() => expect(written.length).toBeGreaterThan(before + count), { timeout: 30_000 });
  };
  try {
    await writes(20);
    await work(writes);
    await writes(20);
  } finally {
    closing.abort();
    await life;
  }
  return written;
};
