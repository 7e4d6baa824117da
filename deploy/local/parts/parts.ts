import type { ServerName } from '../servers/stack.ts';

/** A part of the system: a process of our own, as it is laid out in this checkout. */
export interface PartDefinition {
  /** Its folder in the checkout. */
  folder: string;
  /** Where it listens unless its `.env` says otherwise. */
  port: number;
  /** The path that answers with a status below 400 once the part works. */
  health: string;
  /** The variable that tells the other parts its address. */
  urlVariable: string;
  /** The variable that tells the dashboard its port, at which browsers find it on this machine. */
  publicPortVariable?: string;
  /** Its second port, for operators, where it has one, and the variable with its address, where another part asks there. */
  operations?: { port: number; urlVariable?: string };
  /** It speaks https, at the first of its ports, once the files `TLS_CERT` and `TLS_KEY` are given. */
  mayHaveCertificate?: true;
  /** The servers without which it cannot start. */
  needs: readonly ServerName[];
  /**
   * Its turn to stop: parts of the same turn stop together, once those of the earlier turns have stopped. What takes
   * requests stops before what they are passed on to.
   */
  stopTurn: 0 | 1 | 2 | 3;
}

export const partNames = ['users', 'orders', 'bridge', 'gateway', 'dashboard'] as const;
export type PartName = (typeof partNames)[number];

/** Where a part listens. The second port counts only for those that have one for operators. */
export interface PartPorts {
  port: number;
  opsPort: number;
  /** Whether it speaks https at the first port. Default: http. */
  https?: boolean;
}

export const parts: Readonly<Record<PartName, PartDefinition>> = {
  users: {
    folder: 'services/users',
    port: 3002,
    health: '/api',
    urlVariable: 'USERS_URL',
    operations: { port: 3012, urlVariable: 'USERS_OPS_URL' },
    needs: ['postgres', 'redis', 'kafka'],
    stopTurn: 3,
  },
  orders: {
    folder: 'services/orders',
    port: 3001,
    health: '/api',
    urlVariable: 'ORDERS_URL',
    operations: { port: 3011, urlVariable: 'ORDERS_OPS_URL' },
    needs: ['postgres', 'redis', 'kafka'],
    stopTurn: 3,
  },
  bridge: {
    folder: 'services/bridge',
    port: 3004,
    health: '/',
    urlVariable: 'BRIDGE_URL',
    needs: ['redis', 'kafka'],
    stopTurn: 2,
  },
  gateway: {
    folder: 'gateway',
    port: 3000,
    health: '/',
    urlVariable: 'GATEWAY_URL',
    publicPortVariable: 'PUBLIC_GATEWAY_PORT',
    operations: { port: 3010 },
    mayHaveCertificate: true,
    needs: ['redis'],
    stopTurn: 1,
  },
  dashboard: {
    folder: 'dashboard',
    port: 3003,
    health: '/login',
    urlVariable: 'DASHBOARD_URL',
    needs: [],
    stopTurn: 0,
  },
};
