import { orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';
import fc from 'fast-check';

/** What clients may do; numbers are places in lists that are known only while the test runs. */
const version = fc.constantFrom('any', 'known', 'other');
const someOrder = fc.nat(20);
const status = fc.constantFrom(...orderStatuses);
const team = fc.constantFrom<Role>('staff', 'admin');
const key = fc.option(fc.nat(3));
const line = fc.record({ product: fc.nat(2), quantity: fc.integer({ min: 1, max: 4 }) });
const lines = fc.uniqueArray(line, { minLength: 1, maxLength: 3, selector: (one) => one.product });

/** Which price the caller says that it was shown, if any. */
const expects = fc.constantFrom('nothing', 'the price', 'another price');

const operation = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('create'), by: fc.nat(2), lines, expects, key, twins: fc.nat(1) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('move'), by: team, order: someOrder, status, version }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel'), by: fc.nat(2), order: someOrder, version }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('bulk'),
      orders: fc.uniqueArray(someOrder, { minLength: 1, maxLength: 6 }),
      ...{ by: team, status, version, key, twins: fc.nat(1) },
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('adjust'), product: fc.nat(2), change: fc.constantFrom(-9, -2, 1, 6) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('undo'), by: team, order: someOrder, version, key, twins: fc.nat(1) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('note'), by: team, order: someOrder, version }) },
);
export const batches = fc.array(fc.array(operation, { minLength: 1, maxLength: 10 }), { minLength: 2, maxLength: 10 });
type Batch = typeof batches extends fc.Arbitrary<infer B> ? B : never;
export type Operation = Batch[number][number];
