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

const running = steadyClock(Date.now, () => performance.now());
let stoppedAt: number | null = null;

/** Milliseconds since 1970 as of the wall clock when the page began, and steady since. */
export const steadyNow = (): number => stoppedAt ?? running();

/** Lets time stand still at `time` for the rest of the page, which only the gallery does: its pictures are compared. */
export const stopTime = (time: number): void => {
  stoppedAt = time;
};
