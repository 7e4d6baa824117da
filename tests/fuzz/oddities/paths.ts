import type { Random } from '@live-orders/test-support/random.ts';
import type { Oddity } from './oddity.ts';

/** The percent-encoding of a letter that needs none. */
const encode = (letter: string, random: Random): string => {
  const digits = letter.charCodeAt(0).toString(16).padStart(2, '0');
  return `%${random.below(2) === 0 ? digits : digits.toUpperCase()}`;
};

const odd =
  '.. . %2e%2e %2E. ..; ..%2f.. %252e%252e ..%5c %00 % %zz %c3 \xe9 \\ __proto__ constructor metrics * :id {id} %f0%9f%9b%92'
    .split(' ')
    .concat(['', ' ', 'a'.repeat(9_000)]);
const slashes = '%2f %2F %252f %5c \\ ;/ // /./ /x/../'.split(' ');
const ends = '/ // /. ? # ?# ;a=b %3f %23 .json /../.. \t \0 %20 ?? /%2e'.split(' ');
const origins =
  'http://fuzz https://fuzz HTTP://fuzz ftp://fuzz ws://fuzz http://a:b@fuzz http://fuzz:0 http://[::1] http://1.2.3.999 http:// file://'.split(
    ' ',
  );
const wholes = '* ? /? // /% fuzz:443 about:blank javascript:1 http: /\\fuzz'.split(' ').concat('');

/** Encoded letters and slashes, steps upwards, absolute and other forms of the target. */
export const paths: Oddity = (request, _operation, random) => {
  request.isOfOperation = false;
  const { target } = request;
  const at = random.below(target.length);
  const letter = encode(target[at] ?? '/', random);
  const parts = target.split('/');
  request.target = random.pick<() => string>([
    () => target.slice(0, at) + letter + target.slice(at + 1),
    () => target.slice(0, at) + letter.replace('%', '%25') + target.slice(at + 1),
    () => target.replace(/[a-z]/, (first) => encode(first, random)),
    () => target.replaceAll(/[a-z]/g, (one) => (random.below(3) === 0 ? encode(one, random) : one)),
    () => target.slice(0, 1) + target.slice(1).replace('/', () => random.pick(slashes)),
    () => parts.toSpliced(1 + random.below(parts.length), 0, random.pick(odd)).join('/'),
    () => parts.toSpliced(1 + random.below(parts.length), 1, random.pick(odd)).join('/'),
    () => target + random.pick(ends),
    () => random.pick(slashes) + target.slice(1),
    () => random.pick(origins) + target,
    () => target.toUpperCase(),
    () => target.slice(1),
    () => random.pick(wholes),
  ])();
};
