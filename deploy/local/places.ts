import { join } from 'node:path';

/** The folder of the checkout. */
export const root = join(import.meta.dirname, '..', '..');

/** Everything that is kept between runs: downloads, data, logs, caches. Git ignores it. */
export const local = join(root, '.local');

/** Where `npm start` keeps the servers' data between runs. */
export const startData = join(local, 'data');

/** The logs of the servers, of Maven and of the dashboard's build. */
export const logs = join(local, 'logs');
