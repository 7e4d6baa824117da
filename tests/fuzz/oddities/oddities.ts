import { bodies, encodings } from './bodies.ts';
import { headers, methods, upgrades } from './headers.ts';
import { paths } from './paths.ts';
import { queries, times } from './queries.ts';

/** What a case can spoil. */
export const oddities = { paths, queries, times, upgrades, methods, encodings, bodies, headers };
export type OddityName = keyof typeof oddities;
export const oddityNames = Object.keys(oddities).filter((name): name is OddityName => name in oddities);
