import { clientFaults } from './client-faults.ts';
import { type Fault, pick } from './fault.ts';
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
const areCompatible = (chosen: readonly Fault[]): boolean => {
  const touched = chosen.flatMap(({ touches }) => touches);
  return new Set(touched).size === touched.length;
};

/** One to three that go together. */
export const combine = (known: readonly Fault[], random: () => number): Fault[] => {
  const chosen: Fault[] = [];
  const wanted = 1 + Math.floor(random() * 3);
  for (let tries = 0; tries < 20 && chosen.length < wanted; tries += 1) {
    const next = pick(known, random);
    if (areCompatible([...chosen, next])) chosen.push(next);
  }
  return chosen;
};

/** All of them, each once, in as few rounds of at most `size` as they need. */
export const pack = (known: readonly Fault[], size: number): Fault[][] => {
  const rounds: Fault[][] = [];
  for (const fault of known) {
    const fitting = rounds.find((round) => round.length < size && areCompatible([...round, fault]));
    if (fitting) fitting.push(fault);
    else rounds.push([fault]);
  }
  return rounds;
};
