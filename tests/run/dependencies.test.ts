import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flawsOf, readDependencies } from './dependencies.ts';

const integrity = 'sha512-abc';

test('all dependencies of this checkout are pinned', () => {
  const dependencies = readDependencies(join(import.meta.dirname, '..', '..'));
  expect(Object.keys(dependencies.manifests)).toContain('services/orders/package.json');
  expect(flawsOf(dependencies)).toEqual([]);
});

test.each([
  ['a range', { dependencies: { zod: '^4.6.7' } }, {}, 'package.json: zod ^4.6.7 is not one exact version'],
  ['a tag', { devDependencies: { zod: 'latest' } }, {}, 'package.json: zod latest is not one exact version'],
  [
    'no integrity',
    {},
    { '@a/b': {} },
    'package-lock.json: node_modules/@a/b has no integrity, so its content could be any',
  ],
  [
    'a script that nobody has judged',
    { allowScripts: { other: true } },
    { '@a/b': { integrity, hasInstallScript: true } },
    'package.json: allowScripts does not say whether @a/b may run its script',
  ],
])('%s is a flaw', (_what, manifest, packages, flaw) => {
  const locked = Object.entries(packages).map(([name, one]): [string, unknown] => [`node_modules/${name}`, one]);
  const lock = { packages: Object.fromEntries(locked) };
  expect(flawsOf({ manifests: { 'package.json': manifest }, lock })).toEqual([flaw]);
});

test('exact versions, packages with integrity, scripts that were judged and packages of the workspace are none', () => {
  expect(
    flawsOf({
      manifests: {
        'package.json': { dependencies: { zod: '4.6.7', pg: '1.0.0-beta.17' }, allowScripts: { bcrypt: false } },
      },
      lock: {
        packages: {
          '': {},
          contracts: {},
          'node_modules/@live-orders/contracts': { link: true },
          'node_modules/bcrypt': { integrity, hasInstallScript: true },
        },
      },
    }),
  ).toEqual([]);
});
