import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

const notOurs = /(^|\/)(node_modules|build|test-results|\.[^/]+)(\/|$)/;

/** A test is no source file. */
const sources = globSync('**/*.{ts,svelte,mjs,js}', { cwd: root, exclude: (path) => notOurs.test(path) }).filter(
  (file) => !/\.(test|d)\.ts$/.test(file),
);

/** Pages and migrations are as many as there are; every other room with more than this wants a wall. */
const filesInRoom = 12;
const linesInFile = 250;

test('no room has more than a dozen source files', () => {
  const rooms = Map.groupBy(
    sources.filter((file) => !/\/(routes|migrations)\//.test(file)),
    (file) => dirname(file),
  );
  const crowded = [...rooms].filter(([, files]) => files.length > filesInRoom);
  expect(crowded.map(([room, files]) => `${room}: ${files.length}`)).toEqual([]);
});

test('no source file has more than 250 lines', () => {
  const lengths = sources.map((file) => ({
    file,
    lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1,
  }));
  expect(lengths.filter(({ lines }) => lines > linesInFile)).toEqual([]);
});
