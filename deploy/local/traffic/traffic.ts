import { parseArgs } from 'node:util';
import { nearestRank } from '@live-orders/contracts/nearest-rank.ts';
import { z } from 'zod';
import { ShopLife } from './shop-life.ts';

const help = `npm run traffic -- [--rate 5] [--duration 60] [--seed 1] [--gateway http://localhost:3000]

Customers place orders and staff move them, through the gateway, until Ctrl-C.
  --rate      orders per second (0.1 to 500)
  --duration  seconds; without it, until Ctrl-C
  --seed      the same seed repeats the same orders
  --gateway   where the gateway is`;

const options = z.object({
  rate: z.coerce.number().min(0.1).max(500).default(5),
  duration: z.coerce.number().positive().optional(),
  seed: z.coerce
    .number()
    .int()
    .default(() => Date.now() % 100_000),
  gateway: z.url().default(process.env.GATEWAY_URL ?? 'http://127.0.0.1:3000'),
});

const fail = (line: string): never => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};

const readOptions = () => {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      options: { rate: text, duration: text, seed: text, gateway: text, help: { type: 'boolean' } },
    });
    if (values.help) {
      process.stdout.write(`${help}\n`);
      process.exit(0);
    }
    const result = options.safeParse(values);
    if (result.success) return result.data;
    return fail(
      `${result.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n')}\n\n${help}`,
    );
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  }
};

const percentile = (latencies: number[], share: number): string => {
  const found = nearestRank(latencies, share);
  return found === undefined ? '–' : `${found.toFixed(0)} ms`;
};

const describe = (life: ShopLife, seconds: number): string =>
  [
    `${seconds.toFixed(0)} s`,
    `placed ${life.placed} (${(life.placed / Math.max(seconds, 1)).toFixed(1)}/s)`,
    `moved ${life.moved}`,
    `cancelled ${life.cancelled}`,
    `under way ${life.underWay}`,
    `refused ${life.refused}`,
    `failed ${life.failed}`,
    `p50 ${percentile(life.latencies, 0.5)}`,
    `p95 ${percentile(life.latencies, 0.95)}`,
  ].join(' · ');

const { rate, duration, seed, gateway } = readOptions();
const controller = new AbortController();
const stop = (): void => controller.abort();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
process.once('disconnect', stop);
if (duration) setTimeout(stop, duration * 1000);

const life = new ShopLife({ gateway, rate, seed });
const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1000;
const { isTTY } = process.stdout;
process.stdout.write(`${rate} orders per second at ${gateway}, seed ${seed}; Ctrl-C stops\n`);
const status = setInterval(
  () => process.stdout.write(isTTY ? `\r\u001b[K${describe(life, seconds())}` : `${describe(life, seconds())}\n`),
  isTTY ? 500 : 10_000,
);
try {
  await life.run(controller.signal);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  fail(`the shop at ${gateway} does not answer (${reason}); start it with \`npm start\`, and wait until it is ready`);
}
clearInterval(status);
process.stdout.write(`${isTTY ? '\r\u001b[K' : ''}${describe(life, seconds())}\n`);
process.exit(0);
