/**
 * A percentile by the nearest rank: the least of the numbers that this share of them, from 0 to 1, does not exceed.
 * Undefined when there are no numbers.
 */
export const nearestRank = (numbers: readonly number[], share: number): number | undefined =>
  numbers.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(numbers.length * share) - 1)];
