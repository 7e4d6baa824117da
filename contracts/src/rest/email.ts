import { z } from 'zod';

/** What cannot be seen in an address, so that two that look the same would differ by it. */
const hidden = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]/u;
/** Letters that no honest name of a domain has beside Latin ones; East Asian names do have both. */
const unlikeLatin =
  /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const address = /^(?:[a-z0-9_'+-]+\.)*[a-z0-9_'+-]*[a-z0-9_+-]@(?:[a-z0-9][a-z0-9-]*\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)$/;

const isMixed = (label: string): boolean => /\p{Script=Latin}/u.test(label) && unlikeLatin.test(label);

/** A domain of other letters as the DNS has it (Punycode); empty where there is none. */
const toAscii = (domain: string): string =>
  /^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) ? (URL.parse(`http://${domain}`)?.hostname ?? '') : '';

/**
 * The one form of an e-mail address under which an account is known, so that no two accounts look the same: in lower case,
 * full-width and other compatible characters replaced (NFKC), an international domain in Punycode. Letters of other scripts
 * before the @, of which many look like Latin ones, are refused. Plus signs and dots stay: for the mail protocol (RFC 5321),
 * `a+b@…`, `a.b@…` and `ab@…` are mailboxes of different people.
 *
 * A plain address in lower case stays as it is. So does every address that was stored before this rule.
 */
export const email = z
  .string()
  .trim()
  .max(254)
  .transform((given, { addIssue }) => {
    const refuse = (message: string): never => {
      addIssue({ code: 'custom', message, input: given });
      return z.NEVER;
    };
    const text = given.normalize('NFKC').toLowerCase();
    if (hidden.test(text)) return refuse('must hold no characters that cannot be seen');
    const at = text.lastIndexOf('@');
    const [local, domain] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
    if (/\P{ASCII}/u.test(local)) return refuse(`must have only a to z, digits and . _ ' + - before the @`);
    if (domain.split('.').some(isMixed)) return refuse('must not mix alphabets in its domain');
    const known = `${local}@${/\P{ASCII}/u.test(domain) ? toAscii(domain) : domain}`;
    return address.test(known) && known.length <= 254 ? known : refuse('must be like ada@example.com');
  })
  .meta({ format: 'email', example: 'ada@example.com' });
