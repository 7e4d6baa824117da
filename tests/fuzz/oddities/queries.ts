import type { Random } from '@live-orders/test-support/random.ts';
import type { Operation } from '../operations.ts';
import type { Oddity } from './oddity.ts';

const offsets = 'Z +14:00 -00:00 +15:59 -15:59 +16:00 +23:59 -24:00 +99:99 +1400 +00 −01:00'.split(' ').concat('');
const moments = (
  '2026-03-14T09:26:53 2016-12-31T23:59:60 2026-06-30T23:59:60.5 0000-01-01T00:00:00 0001-01-01T00:00:00 ' +
  '9999-12-31T23:59:59.999 +275760-09-13T00:00:00 -000001-01-01T00:00:00 2026-02-30T00:00:00 2026-13-01T00:00:00 ' +
  '2026-01-01T24:00:00 2026-01-01T00:00 2026-01-01 infinity now epoch 4714-11-24T00:00:00 294276-12-31T23:59:59 ' +
  `2026-01-01T00:00:00.${'9'.repeat(12)} 2026-01-01T00:00:00.${'9'.repeat(60)}`
).split(' ');
const anyTime = (random: Random): string => random.pick(moments) + random.pick(offsets);

const values = (
  '%20 %00 % %zz %ff%fe %ed%a0%80 %f0%9f%9b%92 \' " \\ %25 _ %e2%80%ae null [] none $1 {{7*7}} true TRUE # %23 %0d%0aX:1 ' +
  "';DROP%20TABLE%20orders;-- %27%20OR%201=1 -1 0 -0 1e3 1e309 NaN Infinity 0x10 1.5 １ 9007199254740993 99999999999999999999"
)
  .split(' ')
  .concat(['', ','.repeat(400), 'a'.repeat(5_000)]);
const names = 'limit cursor sort __proto__ constructor constructor.prototype a[] x'.split(' ');

const id = '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10';
const odd: unknown[] = [-1, 0.5, 1e21, 2 ** 53, -(2 ** 63), 1e308, 2_147_483_648, '', '\0', '\ud800', 'x'.repeat(900)];
const notText: unknown[] = [true, [], {}, [[]], 0];

/** A cursor as lists give them, with what none of them would give. */
const anyCursor = ({ parameters }: Operation, random: Random): string => {
  const sorts = parameters.find(({ name }) => name === 'sort')?.schema.enum ?? ['-created_at', '-at', '-id'];
  const value = random.below(2) === 0 ? anyTime(random) : random.pick(odd);
  const content = random.pick<unknown>([
    ...[1, 2, 3, 4].map(() => [random.pick(sorts), value, id]),
    [random.pick(sorts), value, random.pick(notText)],
    [random.pick(sorts), random.pick(notText), id],
    [random.pick(sorts), value],
    { 0: value },
    value,
  ]);
  const encoded = Buffer.from(JSON.stringify(content)).toString('base64url');
  return random.below(8) === 0 ? encoded.slice(0, random.below(encoded.length)) : encoded;
};

/** Parameters that there are and that there are not, with values of all kinds. */
export const queries: Oddity = (request, operation, random) => {
  const known = operation.parameters.filter((one) => one.in === 'query');
  const pair = (): string => {
    const name = random.pick([...known.map((one) => one.name), ...names]);
    const value = random.pick([...(known.find((one) => one.name === name)?.schema.enum ?? []), ...values]);
    return random.below(10) === 0 ? name : `${name}=${value}`;
  };
  request.target += `?${Array.from({ length: 1 + random.below(4) }, pair).join(random.pick(['&', '&', '&&', ';']))}`;
};

/** Times and cursors alone, so that no other parameter hides what these do. */
export const times: Oddity = (request, operation, random) => {
  const dated = operation.parameters.filter(({ schema }) => schema.format === 'date-time');
  const hasCursor = operation.parameters.some(({ name }) => name === 'cursor');
  if (dated.length > 0 && (random.below(2) === 0 || !hasCursor))
    request.target += `?${random.pick(dated).name}=${encodeURIComponent(anyTime(random))}`;
  else if (hasCursor) {
    const sorts = operation.parameters.find(({ name }) => name === 'sort')?.schema.enum;
    request.target += `?cursor=${anyCursor(operation, random)}${sorts ? `&sort=${random.pick(sorts)}` : ''}`;
  } else queries(request, operation, random);
};
