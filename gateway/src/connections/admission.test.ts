import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Gateway } from '../testing/gateway.ts';
import { Recorder } from '../testing/recorder.ts';

let gateway: Gateway;
let leaving: AbortController;

beforeEach(async () => {
  gateway = await Gateway.open();
  leaving = new AbortController();
});

afterEach(async () => {
  leaving.abort();
  await gateway.close();
});

/** Somebody who has not come before asks for the stream, and stays; the status. */
const follow = async (role: 'customer' | 'staff', headers: Record<string, string> = {}): Promise<number> => {
  const { authorization, identity } = gateway.admit(crypto.randomUUID());
  identity.role = role;
  const sent = { authorization, ...headers };
  return (await fetch(`${gateway.url}/live/events`, { headers: sent, signal: leaving.signal })).status;
};

const ready = async () => {
  const response = await fetch(`${gateway.url}/ready`);
  return [response.status, await response.text()];
};

describe('of the 100 places at this gateway', () => {
  const fill = (count: number): void => {
    for (let n = 0; n < count; n += 1) gateway.hub.join(new Recorder('customer', crypto.randomUUID()), null);
  };

  test('ten are kept for the team', async () => {
    fill(89);
    expect([await follow('customer'), await follow('customer')]).toEqual([200, 503]);
    expect(await ready()).toEqual([204, '']);
    expect(await follow('staff')).toBe(200);
  });

  test('none is left when the team has taken those as well, and the gateway says so where balancers ask', async () => {
    fill(99);
    expect([await follow('staff'), await follow('staff')]).toEqual([200, 503]);
    expect(await ready()).toEqual([503, expect.stringContaining('Every place')]);
  });
});

test('streams are counted by the address for which a proxy speaks, until they end', async () => {
  const [one, other] = [{ 'x-forwarded-for': '203.0.113.9' }, { 'x-forwarded-for': '203.0.113.10' }];
  for (let n = 0; n < 5; n += 1) expect(await follow('customer', one)).toBe(200);
  expect(await follow('customer', one)).toBe(429);
  expect(await follow('customer', other)).toBe(200);
  expect(await follow('customer')).toBe(200);
  leaving.abort();
  leaving = new AbortController();
  await vi.waitFor(async () => expect(await follow('customer', one)).toBe(200), { timeout: 20_000 });
});
