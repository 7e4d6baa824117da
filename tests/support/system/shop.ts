import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type Product } from '@live-orders/contracts/domain/products.ts';
import { partNames } from '@live-orders/local/parts/parts.ts';
import { inject, test as plain } from 'vitest';
import { Api } from '../clients/api.ts';
import { claimTerritory, startSystem, type System } from './system.ts';

/** A running system with demo data, one caller of each kind, and products of this test file alone. */
export interface Shop {
  system: System;
  /** Has no token. */
  anybody: Api;
  admin: Api;
  staff: Api;
  /** Has just registered. */
  customer: Api;
  /** There are 500 of each, and an order may ask for 1,000. */
  products: [Product, Product, Product];
}

const openShop = async (system: System): Promise<Shop> => {
  const anybody = new Api(system.gatewayUrl);
  const [admin, staff, customer] = await Promise.all([
    anybody.login('admin@example.com'),
    anybody.login('staff@example.com'),
    anybody.register(),
  ]);
  const create = (price: number): Promise<Product> => {
    const body = { name: `Thing ${crypto.randomUUID()}`, price, stock: 500 };
    return admin.call(calls.createProduct, { body });
  };
  return {
    system,
    anybody,
    admin,
    staff,
    customer,
    products: [await create(700), await create(1_290), await create(4_500)],
  };
};

/**
 * For tests that need a running system and nothing special of it. Starting one takes five processes and several seconds
 * of both cores, so each worker of vitest starts one and runs its files on it, one after the other. So nobody else is
 * there while a file runs, and it may even kill a part, but it finds what earlier ones have left: users, products, orders.
 */
export const test = plain
  .extend('system', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const system = await startSystem(await claimTerritory(inject('servers')));
    onCleanup(async () => {
      await system.stop();
      await system.territory.remove();
    });
    return system;
  })
  .extend('shop', { scope: 'file' }, async ({ system }) => {
    // A test that failed may have left a part dead.
    for (const name of partNames) if (name !== 'dashboard') await system.ensure(name);
    return openShop(system);
  });
