import { z } from 'zod';

/** In lower case, as the database gives it, so that ids can be compared as texts. */
export const uuid = z.uuid().toLowerCase().meta({ example: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10' });

/** RFC 3339 in UTC, milliseconds. */
export const timestamp = z.iso.datetime().meta({ example: '2026-03-14T09:26:53.589Z' });

/** A time that a caller gives, with `Z` or an offset; PostgreSQL knows no year 0, and no offset of 16 hours or more. */
export const givenTime = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time with its offset, such as 2026-03-14T09:26:53Z' })
  .max(40)
  .meta({ example: '2026-03-14T09:26:53Z' })
  .refine((time) => !time.startsWith('0000'), 'must not be in the year 0')
  .refine((time) => !/[+-](1[6-9]|2\d):\d\d$/.test(time), 'must have an offset of less than 16 hours');

/**
 * As a pattern, so that the documents state the rule too. NUL cannot be stored by PostgreSQL; the others turn the direction
 * of all text after them (Unicode UAX #9), also of what a page shows beside it. Marks of one place, as Arabic and Hebrew
 * need them, may stay.
 */
const withoutNulAndTurns = '^[^\\u0000\\u202a-\\u202e\\u2066-\\u2069]*$';
/**
 * What nobody sees: spaces, controls, what Unicode says to show as nothing, such as a soft hyphen, and the blank pattern of
 * Braille, which counts as a symbol.
 */
const visible = /[^\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Z}\u2800]/u;

/** Whether anything of a text can be seen. */
export const isVisible = (text: string): boolean => visible.test(text);

/** Text that a caller gives: without what hides or disguises it, and half a surrogate pair is no text at all. */
export const givenText = z
  .string()
  .regex(new RegExp(withoutNulAndTurns), 'must not hold NUL, nor characters that turn the direction of text')
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
  .trim()
  .refine((text) => text === '' || isVisible(text), 'must hold something that can be seen');

/** Money in the currency's minor unit (cents); never a float. */
export const minorUnits = z.int().nonnegative().meta({ example: 4598 });

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be three capital letters, such as USD')
  .meta({ description: 'ISO 4217', example: 'USD' });

const flagText = z.enum(['true', 'false']);

/** `true` or `false` in a query string. */
export const flag = flagText.transform((text) => text === 'true');

/** As `flag`, and false when it is not given. The default is a text, before the transformation, because the documents show it as one. */
export const flagOff = flagText.default('false').transform((text) => text === 'true');

/** A whole number in a query string. Plain coercion would read an empty text as 0. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most));
