/** A difference of so many ms between two clocks is more than the rounding of both and an adjustment of one. */
const jump = 1_000;

/**
 * Gives a clock in ms that begins as the wall clock and never goes back. It counts with the monotonic clock, which many
 * machines stop while they sleep; what the wall clock went on meanwhile is added. A wall clock that is set back changes nothing.
 */
export const steadyClock = (wall: () => number, monotonic: () => number): (() => number) => {
  let ahead = wall() - monotonic();
  let added = ahead;
  return () => {
    const elapsed = monotonic();
    const now = wall() - elapsed;
    if (now - ahead > jump) added += now - ahead;
    if (Math.abs(now - ahead) > jump) ahead = now;
    return elapsed + added;
  };
};

/** Milliseconds since 1970 as of the wall clock when the page began, and steady since. */
export const steadyNow = steadyClock(Date.now, () => performance.now());
