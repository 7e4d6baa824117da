/** A stretch of work; `detail` tells how far it is, and the returned text, if any, stands beside its name at the end. */
export type Work<T> = (detail: (text: string) => void) => Promise<T>;

/** Runs work and shows it; every step of a start goes through one of these. */
export type Step = <T>(name: string, work: Work<T>) => Promise<T>;

/** A step that shows nothing. */
export const silently: Step = (_name, work) => work(() => undefined);
