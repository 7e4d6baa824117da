import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../gateway/src/fanout/client.ts';
import { openHub } from '../../gateway/src/testing/hub.ts';
import { created, ids } from '../../gateway/src/testing/redis-messages.ts';
import type { Role } from '../../contracts/src/domain/users.ts';
import { type Measured, report } from '../support/figures.ts';

/**
 * What one event costs the hub, in µs, while customers are connected whom it does not concern. Events come further apart
 * than a tick, so that each is sent at once; what sockets cost is not in it.
 */
const events = 200;
const tickMs = 20;

const client = (role: Role, id: string): Client => ({
  identity: { id, role, email: '', name: '', created_at: '', session_id: '', expires_at: 2_000_000_000 },
  backlog: () => 0,
  send: () => undefined,
  close: () => undefined,
});

const measured: Measured[] = [];
for (const customers of [10, 1_000, 10_000]) {
  const hub = openHub();
  hub.join(client('staff', ids.noor), null);
  for (let n = 0; n < customers; n += 1) hub.join(client('customer', crypto.randomUUID()), null);
  const took: number[] = [];
  for (let seq = 1; seq <= events; seq += 1) {
    await delay(tickMs);
    const message = created(seq, ids.carla);
    const began = performance.now();
    hub.publish(message);
    took.push((performance.now() - began) * 1000);
  }
  measured.push({ name: `an event, ${customers} customers connected`, unit: 'µs', better: 'less', values: took });
}
await report('hub', measured);
