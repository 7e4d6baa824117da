import { join } from 'node:path';

/** The folder of the checkout. */
export const root = join(import.meta.dirname, '..', '..');

/** Everything that the embedded stack keeps: downloads, data, logs, caches. Not in git. */
export const local = join(root, '.local');

/** Where `npm start` keeps its data between runs. */
export const startData = join(local, 'data');

/** Logs of the servers, of Maven and of the dashboard's build. */
export const logs = join(local, 'logs');
