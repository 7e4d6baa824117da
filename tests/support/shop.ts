import { Api } from './clients/api.ts';
import { claimTerritory, type Servers, startSystem, type System } from './system/system.ts';

/** A whole system with demo data, one caller of each kind, and a product to order. */
export interface Shop {
  system: System;
  /** Has no token. */
  anybody: Api;
  admin: Api;
  staff: Api;
  /** Has just registered. */
  customer: Api;
  productId: string;
}

export const openShop = async (servers: Servers): Promise<Shop> => {
  const system = await startSystem(await claimTerritory(servers));
  const anybody = new Api(system.gatewayUrl);
  const [admin, staff, customer] = await Promise.all([
    anybody.login('admin@example.com'),
    anybody.login('staff@example.com'),
    anybody.register(),
  ]);
  const productId = (await customer.products())[0]?.id ?? '';
  return { system, anybody, admin, staff, customer, productId };
};
