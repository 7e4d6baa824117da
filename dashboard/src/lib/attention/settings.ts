import { z } from 'zod';

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
export const readSettings = (): Settings => {
  try {
    const parsed = settings.safeParse(JSON.parse(localStorage.getItem(name) ?? 'null'));
    return parsed.success ? parsed.data : quiet;
  } catch {
    return quiet;
  }
};

export const keepSettings = (kept: Settings): void => {
  try {
    localStorage.setItem(name, JSON.stringify(kept));
  } catch {
    // They live as long as the page, then.
  }
};

/** Whether another tab has changed what is kept, or cleared everything. */
export const isAboutSettings = ({ key }: StorageEvent): boolean => key === name || key === null;
