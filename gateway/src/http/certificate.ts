import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';

const told = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const file = z
  .string()
  .transform((path, context) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      context.addIssue({ code: 'custom', message: told(error) });
      return z.NEVER;
    }
  })
  .optional();

/** Paths of PEM files: the certificate, followed by those between it and a trusted one, and its key. */
export const certificateFiles = { TLS_CERT: file, TLS_KEY: file };

/**
 * The certificate with its key; null where neither is given. Throws when one is without the other, when one is no PEM, and
 * when they do not belong together. No message repeats a file's content.
 */
export const certificateOf = (
  cert: string | undefined,
  key: string | undefined,
): { cert: string; key: string } | null => {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) throw new TypeError('TLS_CERT and TLS_KEY are given both, or neither');
  createSecureContext({ cert, key });
  return { cert, key };
};

/** Refuses files that `certificateOf` cannot use, as an issue of the configuration. */
export const checkCertificate = (
  { TLS_CERT, TLS_KEY }: { TLS_CERT?: string | undefined; TLS_KEY?: string | undefined },
  context: z.core.$RefinementCtx,
): void => {
  try {
    certificateOf(TLS_CERT, TLS_KEY);
  } catch (error) {
    context.addIssue({ code: 'custom', path: ['TLS_CERT'], message: told(error) });
  }
};
