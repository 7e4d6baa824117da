import { clientFaults } from './client-faults.ts';
import type { Fault } from './fault.ts';
import { linkFaults } from './link-faults.ts';
import { processFaults } from './process-faults.ts';
import { serverFaults } from './server-faults.ts';

/** All that can be done to the system. */
export const faults: readonly Fault[] = [...processFaults, ...serverFaults, ...linkFaults, ...clientFaults];

/** The faults of these names, parts of names being enough. Throws for one that fits nothing. */
export const faultsNamed = (names: readonly string[]): Fault[] =>
  names.flatMap((name) => {
    const found = faults.filter((fault) => fault.name.toLowerCase().includes(name.toLowerCase()));
    if (found.length === 0) throw new RangeError(`there is no fault “${name}”`);
    return found;
  });

/** Whether these can be tried at the same time. */
export const areCompatible = (chosen: readonly Fault[]): boolean => {
  const touched = chosen.flatMap(({ touches }) => touches);
  return new Set(touched).size === touched.length;
};
