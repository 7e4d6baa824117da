import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lossMark, mutations } from './mutations.ts';

/**
 * For `node --import`: replaces texts in source files while they are loaded. LABORATORY_MUTATIONS names which, one a
 * line; LABORATORY_PASSES says at which pass a place kills its process. A mutation that fits nowhere ends the process.
 */
declare global {
  /** Kills this process when it has come here often enough. */
  var dieHere: () => void;
  /** Whether this message is one of those that get lost: every third; says so on stderr. */
  var loseHere: () => boolean;
}

let passes = Number(process.env.LABORATORY_PASSES ?? 1);
globalThis.dieHere = () => {
  passes -= 1;
  if (passes <= 0) process.kill(process.pid, 'SIGKILL');
};

let messages = 0;
globalThis.loseHere = () => {
  messages += 1;
  const isLost = messages % 3 === 0;
  if (isLost) process.stderr.write(`${lossMark}\n`);
  return isLost;
};

const root = join(import.meta.dirname, '..', '..', '..', '..');
const names = (process.env.LABORATORY_MUTATIONS ?? '').split('\n');

const fail = (name: string, reason: string): never => {
  process.stderr.write(`mutation “${name}”: ${reason}\n`);
  process.exit(70);
};

const edited = new Map<string, string>();
for (const name of names) {
  for (const { file, find, replace } of mutations[name] ?? fail(name, 'there is none of this name')) {
    const url = pathToFileURL(join(root, file)).href;
    const source = edited.get(url) ?? readFileSync(join(root, file), 'utf8');
    if (source.split(find).length !== 2) fail(name, `its text is not found once in ${file}`);
    edited.set(
      url,
      source.replace(find, () => replace),
    );
  }
}

registerHooks({
  load(url, context, nextLoad) {
    const source = edited.get(url);
    const loaded = nextLoad(url, context);
    return source === undefined ? loaded : { ...loaded, source };
  },
});
