import type { z } from 'zod';

/** What all tabs of this browser keep, or this tab alone. */
type Keeper = 'localStorage' | 'sessionStorage';

/** What is kept under a name; null where nothing is, or nothing of this shape, or the browser is told to keep nothing. */
export const readKept = <T>(keeper: Keeper, name: string, schema: z.ZodType<T>): T | null => {
  try {
    const parsed = schema.safeParse(JSON.parse(globalThis[keeper].getItem(name) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};

/** Keeps a value under a name, or with null nothing. In a browser that keeps nothing, or has no room, it lives as long as the page. */
export const keep = (keeper: Keeper, name: string, value: unknown): void => {
  try {
    if (value === null) globalThis[keeper].removeItem(name);
    else globalThis[keeper].setItem(name, JSON.stringify(value));
  } catch {
    // Callers hold what they keep, and lose it with the page.
  }
};
