import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take longest, the slowest first. */
const slow = ['tests/faults/', 'tests/browser/', 'tests/e2e/'];

/**
 * Begins with the files that take longest, so that no worker has one left when the others are done. vitest knows how long
 * files took only where it has run before: in a fresh clone it begins with the largest.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = slow.findIndex((folder) => moduleId.includes(folder));
      return found === -1 ? slow.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
