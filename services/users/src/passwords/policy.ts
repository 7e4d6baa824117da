import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { dictionary } from '@zxcvbn-ts/language-common';

/** 17,950 passwords of eight or more characters that are tried first, because leaks are full of them; in lower case. */
const common = new Set(dictionary['passwords-common']);

const productWords = ['live', 'order', 'orders', 'monitoring'];
/** Fewer characters than a password must have are too few to be guessed, also beside words that everybody may know. */
const least = 8;

/** So that capitals, full-width letters and accents written in two ways make no difference. */
const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

/** What somebody may know of an account, longest first: its address, the part before the @, the names, our own words. */
const knownWords = ({ email, name }: { email: string; name: string }): string[] =>
  [email, email.split('@')[0] ?? '', ...[email, name].flatMap((text) => text.split(/[^\p{L}\p{N}]+/u)), ...productWords]
    .map(fold)
    .filter((word) => word.length > 2)
    .toSorted((a, b) => b.length - a.length);

/**
 * Why nobody should have this password, or null: it is one of the common ones, it repeats itself, or not enough is left of it
 * without the words that others know. There are no rules of composition (ASVS 5.0, 6.2.5): they make passwords worse.
 */
export const weaknessOf = (password: string, account: { email: string; name: string }): string | null => {
  const folded = fold(password);
  if (common.has(folded)) return 'is one of those that are tried first';
  if (/^(.{1,4})\1+$/su.test(folded)) return 'repeats the same characters';
  const rest = knownWords(account).reduce((left, word) => left.replaceAll(word, ''), folded);
  if (rest.length < folded.length && Array.from(rest).length < least)
    return 'is made of words that others know of you or of us';
  return null;
};

/** Throws `validation_failed` for a new password that is too easy to guess. */
export const checkPassword = (password: string, account: { email: string; name: string }): void => {
  const message = weaknessOf(password, account);
  if (message === null) return;
  throw new ProblemError('validation_failed', 'Choose a password that nobody can guess.', {
    errors: [{ path: 'password', message }],
  });
};
