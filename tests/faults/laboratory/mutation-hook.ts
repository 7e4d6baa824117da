import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { mutations } from './mutations.ts';

/**
 * For `node --import`: replaces a text in one source file while it is loaded. LABORATORY_MUTATION names which;
 * LABORATORY_PASSES says at which pass a place kills its process. A mutation that fits nowhere ends the process.
 */
declare global {
  var dieHere: () => void;
}

let passes = Number(process.env.LABORATORY_PASSES ?? 1);
globalThis.dieHere = () => {
  passes -= 1;
  if (passes <= 0) process.kill(process.pid, 'SIGKILL');
};

const root = join(import.meta.dirname, '..', '..', '..');
const name = process.env.LABORATORY_MUTATION ?? '';
const mutation = mutations[name];

const fail = (reason: string): never => {
  process.stderr.write(`mutation “${name}”: ${reason}\n`);
  process.exit(70);
};

if (mutation === undefined) fail('there is none of this name');
else {
  const { file, find, replace } = mutation;
  const target = pathToFileURL(join(root, file)).href;
  if (readFileSync(fileURLToPath(target), 'utf8').split(find).length !== 2)
    fail(`its text is not found once in ${file}`);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const source =
        typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source ?? undefined);
      return { ...loaded, source: source.replace(find, () => replace) };
    },
  });
}
