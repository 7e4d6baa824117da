import type { ServerName } from '../servers/stack.ts';

/** A part of the system that is our own, as it is laid out in this checkout. */
export interface PartDefinition {
  /** Its folder in the checkout. */
  folder: string;
  /** Where it listens unless its `.env` says otherwise. */
  port: number;
  /** The path that answers once it works. */
  health: string;
  /** The variable by which the others find it. */
  urlVariable: string;
  /** The servers without which it cannot start. */
  needs: readonly ServerName[];
}

export type PartName = 'users' | 'orders' | 'bridge' | 'gateway' | 'dashboard';

export const parts: Record<PartName, PartDefinition> = {
  users: {
    folder: 'services/users',
    port: 3002,
    health: '/api',
    urlVariable: 'USERS_URL',
    needs: ['postgres', 'redis', 'kafka'],
  },
  orders: {
    folder: 'services/orders',
    port: 3001,
    health: '/api',
    urlVariable: 'ORDERS_URL',
    needs: ['postgres', 'redis', 'kafka'],
  },
  bridge: { folder: 'services/bridge', port: 3004, health: '/', urlVariable: 'BRIDGE_URL', needs: ['redis', 'kafka'] },
  gateway: { folder: 'gateway', port: 3000, health: '/', urlVariable: 'GATEWAY_URL', needs: ['redis'] },
  dashboard: { folder: 'dashboard', port: 3003, health: '/login', urlVariable: 'DASHBOARD_URL', needs: [] },
};

export const partNames: readonly PartName[] = ['users', 'orders', 'bridge', 'gateway', 'dashboard'];

/** Who stops before whom: what takes requests goes first, what others call goes last. */
export const stopOrder: readonly (readonly PartName[])[] = [
  ['dashboard'],
  ['gateway'],
  ['bridge'],
  ['orders', 'users'],
];
