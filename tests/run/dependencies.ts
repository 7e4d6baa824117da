import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const versions = z.record(z.string(), z.string()).default({});
const manifest = z.object({
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
  allowScripts: z.record(z.string(), z.boolean()).default({}),
});
const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      integrity: z.string().optional(),
      link: z.boolean().default(false),
      hasInstallScript: z.boolean().default(false),
    }),
  ),
});

/** What `package.json` files say by their path, and what `package-lock.json` says: as they are read from JSON. */
export interface Dependencies {
  manifests: Record<string, unknown>;
  lock: unknown;
}

const folder = 'node_modules/';
const exact = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/**
 * What makes an installation differ from the one that was tested: a version that is not exact, a package whose content the
 * lock does not pin, and a script that would run at the installation although `allowScripts` says neither yes nor no.
 */
export const flawsOf = ({ manifests, lock: locked }: Dependencies): string[] => {
  const parsed = Object.entries(manifests).map(([path, content]) => ({ path, ...manifest.parse(content) }));
  const judged = new Set(parsed.flatMap(({ allowScripts }) => Object.keys(allowScripts)));
  const loose = parsed.flatMap(({ path, dependencies, devDependencies, optionalDependencies }) =>
    Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([, version]) => !exact.test(version))
      .map(([name, version]) => `${path}: ${name} ${version} is not one exact version`),
  );
  const packages = Object.entries(lock.parse(locked).packages).filter(
    ([path, { link }]) => path.includes(folder) && !link,
  );
  return [
    ...loose,
    ...packages
      .filter(([, { integrity }]) => !integrity)
      .map(([path]) => `package-lock.json: ${path} has no integrity, so its content could be any`),
    ...packages
      .filter(([path, { hasInstallScript }]) => hasInstallScript && !judged.has(nameOf(path)))
      .map(([path]) => `package.json: allowScripts does not say whether ${nameOf(path)} may run its script`),
  ];
};

const nameOf = (path: string): string => path.slice(path.lastIndexOf(folder) + folder.length);

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** The dependencies of this checkout. */
export const readDependencies = (root: string): Dependencies => {
  const paths = globSync('{,*/,*/*/}package.json', { cwd: root, exclude: (path) => path.includes('node_modules') });
  return {
    manifests: Object.fromEntries(paths.map((path) => [path, read(join(root, path))])),
    lock: read(join(root, 'package-lock.json')),
  };
};
