/*
 * Runs a TypeScript file of this project: `node deploy/local/bootstrap.mjs <file.ts> [arguments]`. It installs the npm
 * packages that the file needs where they are missing, and then runs it by the project's own Node 24, which is one of
 * these packages. Because it has to work before anything is installed, and on Node 20, it is plain JavaScript without a
 * dependency.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const local = join(root, '.local');
const modules = join(root, 'node_modules');
const lockFile = join(root, 'package-lock.json');
/** What npm has installed. It writes that last, so an installation that was interrupted has none. */
const installedList = join(modules, '.package-lock.json');
/** Stands there while npm adds packages to others, since an interruption may leave half of one. */
const unfinished = join(modules, '.unfinished');
/** Says for which lock file the packages of a start were installed. npm removes it with node_modules. */
const startStamp = join(modules, '.start-packages');

class BootstrapError extends Error {}

/** Whether a version such as `24.15.0` is of the major release `major`, and at least `major.minor`. */
const isRelease = (version, major, minor) => {
  const [first, second] = version.split('.').map(Number);
  return first === major && second >= minor;
};

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

const isWhole = () => existsSync(installedList) && !existsSync(unfinished);

/** Whether node_modules holds all that the lock file says. Packages for other platforms are in the lock file only. */
const isInstalled = () => {
  if (!isWhole()) return false;
  const installed = readJson(installedList).packages;
  return Object.entries(readJson(lockFile).packages).every(([path, wanted]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
};

const lockHash = () => createHash('sha256').update(readFileSync(lockFile)).digest('hex');
const isStartInstalled = () => isWhole() && existsSync(startStamp) && readFileSync(startStamp, 'utf8') === lockHash();

/** Shows that a step is under way, until the returned function is called with whether it has succeeded. */
const showProgress = (name) => {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  const { isTTY } = process.stdout;
  const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
  let tick = 0;
  const draw = () => {
    tick += 1;
    process.stdout.write(
      isTTY ? `\r\u001b[K${frames[tick % frames.length]} ${name} ${seconds()}` : `… ${name} ${seconds()}\n`,
    );
  };
  const timer = setInterval(draw, isTTY ? 100 : 10_000);
  return (done) => {
    clearInterval(timer);
    if (isTTY) process.stdout.write('\r\u001b[K');
    if (done) process.stdout.write(`✓ ${name.padEnd(44)} ${seconds().padStart(8)}\n`);
  };
};

/** The name and the parent's id of a process; null where there is no such process, or no /proc on this system. */
const processOf = (pid) => {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return null;
  const [, name, parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(file, 'utf8')) ?? [];
  return { name, parent };
};

/**
 * Returns a function that tells whether the process which started this one is gone. npm starts a shell that starts us,
 * and that shell stays when npm is killed: so under npm, a shell that has another parent than before counts as gone too.
 */
const watchParent = () => {
  const parent = process.ppid;
  const shell = process.env.npm_lifecycle_event ? processOf(parent) : null;
  const isShell = shell !== null && /^(ba|da|a|z)?sh$|^busybox$/.test(shell.name);
  return () => process.ppid !== parent || (isShell && processOf(parent)?.parent !== shell.parent);
};

/** Passes signals on to `child`, and stops it when our parent is gone; resolves when it has ended. */
const follow = (child) =>
  new Promise((resolve, reject) => {
    const isOrphan = watchParent();
    const timer = setInterval(() => {
      if (!isOrphan()) return;
      clearInterval(timer);
      // Files that start other processes stop at `disconnect`; the signal is for those that do not listen for it.
      if (child.connected) child.disconnect();
      child.kill('SIGTERM');
    }, 500);
    const pass = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearInterval(timer);
      for (const name of signals) process.off(name, pass);
      resolve({ code, signal });
    });
  });

/** Installs all packages, or those of the given workspaces only; what is there already stays. */
const install = async (workspaces) => {
  const log = join(local, 'logs', 'npm.log');
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'w');
  // `npm ci` would first remove the packages from under a system that runs.
  const adding = isWhole();
  if (adding) writeFileSync(unfinished, '');
  const how = adding ? ['install', '--no-save'] : ['ci'];
  // npm's settings on this machine may leave out what this project needs: dev dependencies, and binaries for the platform.
  const flags = ['--include=dev', '--include=optional', '--ignore-scripts=false', '--no-audit', '--no-fund'];
  const script = process.env.npm_execpath;
  const npm = script?.endsWith('.js') ? [process.execPath, script] : ['npm'];
  const only = workspaces.flatMap((workspace) => ['-w', workspace]);
  const [command, ...args] = [...npm, ...how, ...flags, ...only, '--loglevel=error'];
  const finish = showProgress('npm packages');
  const { code, signal } = await follow(spawn(command, args, { cwd: root, stdio: ['ignore', output, output] }));
  finish(code === 0);
  if (code === 0) return rmSync(unfinished, { force: true });
  const lines = readFileSync(log, 'utf8').split('\n');
  const said = lines.filter((line) => /^npm (error|ERR!)/.test(line)).slice(0, 2);
  throw new BootstrapError(
    `npm could not install the packages (${said.join('; ') || signal || `exit code ${code}`}): ` +
      `check the network and npm's proxy settings, and try again (all it said is in ${log})`,
  );
};

/** Tests, checks and benchmarks need every package; all other files do without those that only tests have, which are half of them. */
const prepare = async (file) => {
  if (isInstalled()) return;
  if (/^(tests|bench)\b/.test(file)) return install([]);
  if (isStartInstalled()) return;
  await install(readJson(join(root, 'package.json')).workspaces.filter((workspace) => !/^tests\b/.test(workspace)));
  writeFileSync(startStamp, lockHash());
};

/** The project's own Node where npm has one for this platform, else the Node that runs this file if it is recent enough. */
const findNode = () => {
  const own = join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(own)) return own;
  if (isRelease(process.versions.node, 24, 15)) return process.execPath;
  throw new BootstrapError(
    `Node 24.15 or a later 24 is needed on ${process.platform}-${process.arch}, and this is ${process.versions.node}: ` +
      'install it from nodejs.org, or with your version manager',
  );
};

/** Runs the file to its end; resolves to its exit code. */
const run = async (file, args) => {
  const node = findNode();
  const path = [dirname(node), join(modules, '.bin'), process.env.PATH].join(delimiter);
  // From when a person has waited.
  const BOOTSTRAP_BEGAN = String(Math.round(performance.timeOrigin));
  const env = { ...process.env, PATH: path, NODE_COMPILE_CACHE: join(local, 'compile-cache'), BOOTSTRAP_BEGAN };
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const { code, signal } = await follow(spawn(node, [join(root, file), ...args], { env, stdio }));
  return code ?? 128 + constants.signals[signal];
};

const main = async () => {
  const [file, ...args] = process.argv.slice(2);
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20)
    throw new BootstrapError(`Node 20 or newer is needed, and this is ${process.versions.node}: update it`);
  if (file === undefined) throw new BootstrapError('which file? node deploy/local/bootstrap.mjs <file.ts> [arguments]');
  await prepare(file);
  return run(file, args);
};

main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(error instanceof BootstrapError ? `✗ ${error.message}\n` : `${error.stack}\n`);
    process.exit(1);
  },
);
