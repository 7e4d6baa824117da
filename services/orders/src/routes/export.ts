import { customerOrder, type Order } from '@live-orders/contracts/domain/orders.ts';
import { flagOff } from '@live-orders/contracts/domain/fields.ts';
import { orderFilter } from '@live-orders/contracts/rest/orders.ts';
import { isStaff } from '@live-orders/contracts/domain/users.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { toCsv, toNdjson } from '../orders/export.ts';
import type { Orders } from '../orders/orders.ts';

const exportQuery = orderFilter.extend({
  format: z.enum(['csv', 'ndjson']).default('csv'),
  bom: flagOff.meta({ description: 'Begins a CSV file with the byte order mark by which spreadsheets know UTF-8' }),
});

const exportOrders = route({
  policy: 'signed-in',
  method: 'get',
  path: '/orders/export',
  operationId: 'exportOrders',
  summary: 'All orders that fit, as CSV or NDJSON',
  tags: ['orders'],
  request: { query: exportQuery },
  responses: {
    200: {
      description: 'Every order that fits, newest first, streamed; a customer gets own ones',
      content: { 'text/csv': { schema: z.string() }, 'application/x-ndjson': { schema: z.string() } },
    },
  },
  problems: [422],
});

/** A failure in mid-stream breaks the answer off, so that half an export is not taken for a whole one. */
async function* logged(texts: AsyncIterable<string>, log: Log): AsyncGenerator<string> {
  try {
    yield* texts;
  } catch (error) {
    log.error({ err: error }, 'an export broke off');
    throw error;
  }
}

/** The same batches, the first of which is read before an answer begins: a failure then still has its own status. */
const begun = async (batches: AsyncGenerator<Order[]>): Promise<AsyncGenerator<Order[]>> => {
  const first = await batches.next();
  return (async function* all() {
    if (!first.done) yield first.value;
    yield* batches;
  })();
};

async function* forCustomers(batches: AsyncIterable<Order[]>): AsyncGenerator<Order[]> {
  for await (const orders of batches) yield orders.map(customerOrder);
}

/** The list as a file. `/orders/export` goes before `/orders/{id}`; `checkRoutes` would notice. */
export const registerExportRoute = (app: OpenAPIHono<AuthEnv>, { orders, log }: { orders: Orders; log: Log }): void => {
  app.openapi(exportOrders, async (c) => {
    const { format, bom, ...filter } = c.req.valid('query');
    const { identity } = c.var;
    const forTeam = isStaff(identity.role);
    const all = await begun(orders.batches(filter, forTeam ? null : identity.id));
    const batches = forTeam ? all : forCustomers(all);
    const texts = format === 'csv' ? toCsv(batches, { forTeam, bom }) : toNdjson(batches);
    const stream = ReadableStream.from(logged(texts, log)).pipeThrough(new TextEncoderStream());
    const name = `orders-${new Date().toISOString().slice(0, 10)}.${format}`;
    return c.body(stream, 200, {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    });
  });
};
