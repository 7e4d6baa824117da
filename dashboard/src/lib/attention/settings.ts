import { z } from 'zod';
import { keep, readKept } from '../ui/kept.ts';

const settings = z.object({
  /** Whether tones are to be heard. */
  sound: z.boolean(),
  /** Whether the tone of a late order is repeated until somebody acknowledges it. */
  repeat: z.boolean(),
  /** Whether notifications of the desktop tell of news while the page is hidden. */
  desktop: z.boolean(),
  /** Whether the screen stays on while the page is shown. */
  awake: z.boolean(),
});
export type Settings = z.infer<typeof settings>;

/** As it is until somebody asks for more. */
export const quiet: Settings = { sound: false, repeat: false, desktop: false, awake: false };

const name = 'live-orders:attention';

/** What this browser keeps; `quiet` where it keeps nothing, or is told to keep nothing. */
export const readSettings = (): Settings => readKept('localStorage', name, settings) ?? quiet;

export const keepSettings = (kept: Settings): void => keep('localStorage', name, kept);

/** Whether another tab has changed what is kept, or cleared everything. */
export const isAboutSettings = ({ key }: StorageEvent): boolean => key === name || key === null;
