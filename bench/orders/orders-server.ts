import { createLocalJWKSet } from 'jose';
import { createOrdersApp } from '../../services/orders/src/app.ts';
import { usualRules } from '../../services/orders/src/testing/usual-rules.ts';
import { Orders } from '../../services/orders/src/orders/orders.ts';
import { Products } from '../../services/orders/src/products/products.ts';
import { Team } from '../../services/orders/src/orders/team.ts';
import { Views } from '../../services/orders/src/views/views.ts';
import { Stats } from '../../services/orders/src/stats/stats.ts';
import { createVerifier } from '../../services/runtime/src/http/auth.ts';
import { connectDatabase } from '../../services/runtime/src/database/database.ts';
import { httpServer } from '../../services/runtime/src/http/server.ts';
import { createLog } from '../../services/runtime/src/process/log.ts';
import { Outbox } from '../../services/runtime/src/outbox/outbox.ts';
import { run } from '../../services/runtime/src/process/run.ts';
import { Signer } from '../../services/users/src/tokens.ts';

/** The orders service's HTTP, whole, without the relay: `orders-server.ts <database url> <port> <secret> <pool>`. */
const [url = '', port = '', secret = '', pool = ''] = process.argv.slice(2);
const log = createLog('orders', 'warn');
const database = connectDatabase(url, Number(pool), 'orders');
const outbox = new Outbox(database, 'orders_outbox', log);
const { keySet } = await Signer.create(secret);
const app = createOrdersApp({
  log,
  orders: new Orders({ database, outbox, ...usualRules }),
  products: new Products({ database, outbox }),
  stats: new Stats(database),
  team: new Team('http://127.0.0.1:1', log),
  views: new Views(database),
  denials: { record: () => undefined },
  authority: { verify: createVerifier(createLocalJWKSet(keySet)) },
});
await run(log, [httpServer(app, { host: '127.0.0.1', port: Number(port), log })], () => database.close());
