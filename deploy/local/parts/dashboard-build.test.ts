import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashSources } from './dashboard-build.ts';

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'live-orders-sources-'));
  mkdirSync(join(base, 'src', 'lib'), { recursive: true });
  writeFileSync(join(base, 'src', 'lib', 'a.ts'), 'a');
  writeFileSync(join(base, 'src', 'b.ts'), 'b');
});

afterEach(() => rmSync(base, { recursive: true }));

const hash = (): string => hashSources(base, [join(base, 'src'), join(base, 'absent')]);

test('the same files have the same hash', () => {
  expect(hash()).toBe(hash());
});

test.each<[string, () => void]>([
  ['a change', () => writeFileSync(join(base, 'src', 'b.ts'), 'c')],
  ['a new file', () => writeFileSync(join(base, 'src', 'lib', 'c.ts'), '')],
  ['another name', () => renameSync(join(base, 'src', 'b.ts'), join(base, 'src', 'c.ts'))],
  ['a removal', () => rmSync(join(base, 'src', 'lib', 'a.ts'))],
])('%s makes another hash', (_name, change) => {
  const before = hash();
  change();
  expect(hash()).not.toBe(before);
});
