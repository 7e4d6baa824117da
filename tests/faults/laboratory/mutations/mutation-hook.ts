import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mutations } from './mutations.ts';

/**
 * For `node --import`: replaces texts in source files while they are loaded. LABORATORY_MUTATION names which;
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

const root = join(import.meta.dirname, '..', '..', '..', '..');
const name = process.env.LABORATORY_MUTATION ?? '';

const fail = (reason: string): never => {
  process.stderr.write(`mutation “${name}”: ${reason}\n`);
  process.exit(70);
};

const edits = mutations[name] ?? fail('there is none of this name');
const edited = new Map<string, string>();
for (const { file, find, replace } of edits) {
  const url = pathToFileURL(join(root, file)).href;
  const source = edited.get(url) ?? readFileSync(join(root, file), 'utf8');
  if (source.split(find).length !== 2) fail(`its text is not found once in ${file}`);
  edited.set(
    url,
    source.replace(find, () => replace),
  );
}

registerHooks({
  load(url, context, nextLoad) {
    const source = edited.get(url);
    const loaded = nextLoad(url, context);
    return source === undefined ? loaded : { ...loaded, source };
  },
});
