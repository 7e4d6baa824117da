import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Every file of the repository that `docker build` is given, and may copy into an image. */
const context = dockerignore
  .default()
  .add(read('.dockerignore'))
  .filter(execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean));
const under = (folder: string): string[] => context.filter((file) => file.startsWith(`${folder}/`));

const { workspaces } = z.object({ workspaces: z.array(z.string()) }).parse(JSON.parse(read('package.json')));

test('the context of the images holds what the parts run from', () => {
  const mains = ['services/users', 'services/orders', 'services/bridge', 'gateway'].map(
    (part) => `${part}/src/main.ts`,
  );
  expect(context).toEqual(expect.arrayContaining([...mains, 'dashboard/src/app.html']));
  expect(context.map((file) => file.split('/').at(-1))).toContain('publish.lua');
  expect(under('contracts/src').length).toBeGreaterThan(10);
});

test('the context holds no test, and nothing that only tests use', () => {
  expect(context.filter((file) => /\.test\.ts$|(^|\/)(testing|gallery)\//.test(file))).toEqual([]);
  expect([...under('tests'), ...under('deploy'), ...under('bench')]).toEqual([
    'tests/package.json',
    'tests/support/package.json',
    'deploy/local/package.json',
  ]);
});

test('no source in the context imports a package for tests', () => {
  const sources = context.filter((file) => /\.(ts|js|svelte)$/.test(file));
  expect(sources.length).toBeGreaterThan(100);
  const imports = /from '(vitest|fast-check|@live-orders\/(test-support|tests|local))[/']/;
  expect(sources.filter((file) => imports.test(read(file)))).toEqual([]);
});

test('the context holds the manifest of every workspace, and the Dockerfile copies it', () => {
  const dockerfile = read('deploy/docker/Dockerfile');
  for (const workspace of workspaces) {
    expect(context).toContain(`${workspace}/package.json`);
    expect(dockerfile).toContain(`COPY ${workspace}/package.json ${workspace}/\n`);
  }
});
