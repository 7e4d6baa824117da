import type { Random } from '@live-orders/test-support/random.ts';
import type { Operation } from '../operations.ts';
import type { Request } from '../requests.ts';

/** Spoils one thing of a good request. */
export type Oddity = (request: Request, operation: Operation, random: Random) => void;
