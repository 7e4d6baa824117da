/** Runs a named piece of work and may show it. The work tells by `detail` how far it is: `3 files, 1.2 MB`. */
export type Step = <T>(name: string, work: (detail: (text: string) => void) => Promise<T>) => Promise<T>;

/** A step that shows nothing. */
export const silently: Step = (_name, work) => work(() => undefined);
