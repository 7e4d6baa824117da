import { z } from 'zod';
import { minorUnits, timestamp } from '../domain/fields.ts';
import { orderStatus } from '../domain/order-status.ts';

export const statsWindows = ['1h', '24h', '7d', '30d'] as const;
export type StatsWindow = (typeof statsWindows)[number];

/** `1h` is told by the minute, longer windows by the hour; the bucket that has just begun counts as one of them. */
export const statsQuery = z.strictObject({
  window: z.enum(statsWindows).default('24h').meta({ description: 'How far back the figures go', example: '24h' }),
});

const count = z.int().nonnegative();
const seconds = z.number().nonnegative().nullable();
const revenue = z.record(z.string(), minorUnits).meta({
  description: 'By currency, in minor units; orders that were cancelled since count as nothing',
  example: { USD: 4598 },
});

export const orderStats = z
  .object({
    window: z.enum(statsWindows),
    from: timestamp.meta({ description: 'The window begins here, at a whole bucket' }),
    as_of: timestamp.meta({ description: 'The figures hold everything committed until this time' }),
    bucket: z.enum(['minute', 'hour']),
    statuses: z
      .array(
        z.object({
          status: orderStatus,
          now: count.meta({ description: 'Orders in this status at `as_of`, however old' }),
          late: count.meta({ description: 'Of these, past their `due_at`' }),
          entered: count.meta({ description: 'Came into this status in the window' }),
          left: count.meta({ description: 'Left it in the window' }),
          p50_seconds: seconds.meta({ description: 'Median of the time that those that left had spent in it' }),
          p95_seconds: seconds.meta({ description: '95th percentile of the same; both are within 5 %, or 0.05 s' }),
        }),
      )
      .meta({ description: 'Every status, in the order of an order’s life' }),
    late: count.meta({ description: 'Orders past their `due_at` now' }),
    buckets: z
      .array(z.object({ at: timestamp, orders: count, revenue }))
      .meta({ description: 'Orders placed, by minute or hour from `from` on, the empty ones too' }),
    conversion: z
      .object({
        placed: count,
        delivered: count,
        cancelled: count,
        open: count,
        rate: z
          .number()
          .min(0)
          .max(1)
          .nullable()
          .meta({ description: 'delivered / placed; null when none was placed' }),
      })
      .meta({ description: 'What became of the orders placed in the window' }),
    cancellations: z
      .object({
        total: count,
        reasons: z.array(z.object({ reason: z.string().nullable(), orders: count })),
      })
      .meta({ description: 'Cancelled in the window, with the ten most frequent reasons; null when none was given' }),
  })
  .meta({ id: 'OrderStats' });
export type OrderStats = z.infer<typeof orderStats>;
