import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { PartName } from '../../deploy/local/parts/parts.ts';
import { removeData } from '../../deploy/local/servers/postgres-home.ts';
import { startStack } from '../../tests/support/system/stack.ts';
import type { Api } from '../../tests/support/clients/api.ts';
import { claimTerritory, startSystem, type System } from '../../tests/support/system/system.ts';

/** Limits are for single callers, and in a benchmark a few call for many. */
const unlimited = {
  REQUESTS_PER_MINUTE_PER_USER: '10000000',
  REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000',
  MAX_CLIENTS_PER_USER: '10000',
  MAX_CONNECTIONS_PER_ADDRESS: '100000',
  // The default, of which tests have less.
  KAFKA_PARTITIONS: '6',
  // What a benchmark writes past the services would be sent again as lost.
  RECONCILE_MINUTES: '1440',
};

/** All parts but the dashboard (or those in `names`), on servers of their own, for as long as `work` takes; nothing is left. */
export const withSystem = async (
  work: (system: System) => Promise<void>,
  names: PartName[] = ['users', 'orders', 'bridge', 'gateway'],
): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'live-orders-bench-'));
  try {
    const stack = await startStack({ dataDir, durable: true });
    try {
      const { databaseUrl, redisHost, redisPort, kafkaBrokers } = stack;
      const territory = await claimTerritory({ databaseUrl, redisHost, redisPort, kafkaBrokers });
      const system = await startSystem(territory, names, unlimited);
      try {
        await work(system);
      } finally {
        await system.stop();
      }
    } finally {
      await stack.stop();
    }
  } finally {
    removeData(dataDir);
  }
};

/** Seconds of CPU that a part has used so far. */
export const cpuOf = async (system: System, name: PartName): Promise<number> => {
  const text = await (await fetch(`${system.operationsUrl(name)}/metrics`)).text();
  return Number(/^process_cpu_seconds_total\S* (\S+)/m.exec(text)?.[1]);
};

/** A socket of the caller's, open; `onFrame` is called for each frame that comes. */
export const connect = (api: Api, onFrame: (frame: Buffer) => void = () => undefined): Promise<WebSocket> => {
  const headers = { authorization: `Bearer ${api.session?.access_token ?? ''}` };
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/ws`, { headers });
  socket.on('message', onFrame);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket)).once('error', reject);
  });
};
