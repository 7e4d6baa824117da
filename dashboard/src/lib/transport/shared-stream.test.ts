import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { change, order, resync, welcome } from '../testing/live-client.ts';
import { FakeBrowser, settle, type Tab } from '../testing/tabs.ts';
import { orderId } from '../testing/orders.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const phases = (tabs: Tab[]) => tabs.map(({ client }) => client.state.phase);
const versions = (tabs: Tab[], n: number) => tabs.map(({ client }) => client.store.get(orderId(n))?.version);
const beat = (position: string, live = true) => ({
  event: 'heartbeat',
  seq: 0,
  data: { position, server_time: new Date().toISOString(), live, behind: live ? null : 'bridge' },
});

/** Answers every snapshot that a tab has asked for. */
const answerAll = async (tabs: Tab[], ...orders: Parameters<Tab['given']['answer']>) => {
  await settle();
  for (const { given } of tabs) for (const asked of given.snapshots) asked.resolve(orders);
  await settle();
};

/** So many pages, all live by one connection, which the first one holds. */
const openTabs = async (count: number) => {
  const browser = new FakeBrowser();
  const tabs = Array.from({ length: count }, () => browser.open());
  for (const { client } of tabs) client.start();
  await settle();
  browser.stream.say(welcome('e:10'));
  await answerAll(tabs, order(1, 1));
  expect(phases(tabs)).toEqual(tabs.map(() => 'live'));
  return { browser, tabs };
};

/** Until the tabs have come back, as the server welcomes whoever connects next with everything since its position. */
const comeBack = async (browser: FakeBrowser, seq: number, ...changes: object[]) => {
  const before = browser.streams.length;
  for (let ms = 0; browser.streams.length === before && ms < 30_000; ms += 50) await vi.advanceTimersByTimeAsync(50);
  browser.stream.say(welcome(`e:${seq}`, true), ...changes);
  await settle();
  for (let ms = 0; ms < 1_000; ms += 50) await vi.advanceTimersByTimeAsync(50);
};

describe('tabs without WebSockets', () => {
  it('are live by one connection, which the first one holds, and see the same', async () => {
    const { browser, tabs } = await openTabs(8);
    expect(browser.streams).toHaveLength(1);
    expect(tabs.map(({ client }) => client.way)).toEqual(['events', ...Array<string>(7).fill('shared')]);
    browser.stream.say(change(11, 1, 2, 'confirmed'), change(12, 2, 1));
    await settle();
    expect(versions(tabs, 1)).toEqual(tabs.map(() => 2));
    expect(tabs.map(({ client }) => client.position)).toEqual(tabs.map(() => ({ epoch: 'e', seq: 12 })));
  });

  it('that open later begin where the connection is, with a snapshot of their own', async () => {
    const { browser, tabs } = await openTabs(2);
    browser.stream.say(change(11, 1, 2, 'confirmed'));
    await vi.advanceTimersByTimeAsync(4_000);
    const late = browser.open();
    late.client.start();
    await settle();
    expect(late.given.snapshots).toHaveLength(1);
    browser.stream.say(change(12, 1, 3, 'preparing'));
    await settle();
    late.given.snapshots[0]?.resolve([order(1, 2, 'confirmed')]);
    await settle();
    expect(versions([...tabs, late], 1)).toEqual([3, 3, 3]);
    expect(late.client.position).toEqual({ epoch: 'e', seq: 12 });
    expect(browser.streams).toHaveLength(1);
  });

  it('hear that the stream is behind, also when they open then', async () => {
    const { browser, tabs } = await openTabs(2);
    browser.stream.say(beat('e:10', false));
    await vi.advanceTimersByTimeAsync(3_000);
    const late = browser.open();
    late.client.start();
    await settle();
    await answerAll([late], order(1, 1));
    expect(phases([...tabs, late])).toEqual(['stale', 'stale', 'stale']);
    expect(late.client.state).toMatchObject({ behind: 'bridge' });
  });

  it('go on without a snapshot when the one that holds the connection is closed, by another of them', async () => {
    const { browser, tabs } = await openTabs(4);
    const [first, ...others] = tabs;
    if (!first) throw new Error('no tab');
    browser.stream.say(change(11, 1, 2, 'confirmed'));
    await settle();
    browser.close(first);
    await comeBack(browser, 12, change(12, 1, 3, 'preparing'));
    expect(browser.streams).toHaveLength(2);
    expect(browser.stream.url.searchParams.get('since')).toBe('e:11');
    expect(phases(others)).toEqual(['live', 'live', 'live']);
    expect(versions(others, 1)).toEqual([3, 3, 3]);
    expect(others.map(({ given }) => given.snapshots.length)).toEqual([1, 1, 1]);
  });

  it('go on when it hangs: it is waited for as long as for a dead link, then another one takes over', async () => {
    const { browser, tabs } = await openTabs(4);
    const [first, ...others] = tabs;
    if (!first) throw new Error('no tab');
    first.hang();
    const abandoned = browser.stream;
    for (let second = 0; browser.stream === abandoned; second += 1) {
      expect(second).toBeLessThan(20);
      abandoned.say(change(11, 1, 2, 'confirmed'), beat('e:11'));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(phases(others)).not.toContain('live');
    browser.stream.say(welcome('e:11', true), change(11, 1, 2, 'confirmed'));
    for (let second = 0; second < 10; second += 1) {
      abandoned.say(beat('e:11'));
      browser.stream.say(beat('e:11'));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(phases(others)).toEqual(['live', 'live', 'live']);
    expect(versions(others, 1)).toEqual([2, 2, 2]);
    expect(others.filter(({ client }) => client.way === 'events')).toHaveLength(1);
    // The one that hung finds its lock taken away, and listens to the others.
    first.goOn();
    for (let ms = 0; ms < 6_000; ms += 1_000) {
      browser.stream.say(beat('e:11'));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(phases(tabs)).toEqual(['live', 'live', 'live', 'live']);
    expect(tabs.filter(({ client }) => client.way === 'events')).toHaveLength(1);
  });

  it('whose position is behind what the connection remembers read a snapshot', async () => {
    const { browser, tabs } = await openTabs(2);
    const [first, second] = tabs;
    if (!first || !second) throw new Error('no tab');
    browser.close(first);
    browser.stream.say(change(11, 1, 2, 'confirmed'));
    const third = browser.open();
    third.client.start();
    await settle();
    // The third one comes first: it begins beyond what the second one has.
    browser.stream.say(welcome('e:30'));
    for (let ms = 0; ms < 1_000; ms += 50) await vi.advanceTimersByTimeAsync(50);
    expect(second.given.snapshots).toHaveLength(2);
    await answerAll([second, third], order(1, 2, 'confirmed'));
    expect(versions([second, third], 1)).toEqual([2, 2]);
    expect(phases([second, third])).toEqual(['live', 'live']);
  });

  it('are told to read a snapshot when the one that holds the connection is', async () => {
    const { browser, tabs } = await openTabs(3);
    browser.stream.say(resync('f:3'));
    await settle();
    expect(phases(tabs)).toEqual(['resyncing', 'resyncing', 'resyncing']);
    await answerAll(tabs, order(1, 4, 'shipped'));
    expect(versions(tabs, 1)).toEqual([4, 4, 4]);
    expect(tabs.map(({ client }) => client.position)).toEqual(tabs.map(() => ({ epoch: 'f', seq: 3 })));
  });

  it('come back together after a farewell, which is about the ticket of one', async () => {
    const { browser, tabs } = await openTabs(3);
    browser.stream.say({ event: 'bye', seq: 10, data: { code: 4001, reason: 'token_expired', reconnect: true } });
    await comeBack(browser, 10);
    expect(browser.streams).toHaveLength(2);
    expect(phases(tabs)).toEqual(['live', 'live', 'live']);
    expect(tabs.map(({ given }) => given.snapshots.length)).toEqual([1, 1, 1]);
  });
});
