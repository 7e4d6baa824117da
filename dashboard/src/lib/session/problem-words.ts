import { errorCatalogue, type ErrorCode, type Problem } from '@live-orders/contracts/rest/errors.ts';

/** For those whose details speak of parts of the system, which mean nothing to whoever uses a page. */
const plain: Partial<Record<ErrorCode, string>> = {
  internal_error: `${errorCatalogue.internal_error.title}.`,
  upstream_unavailable: 'The server can’t be reached at the moment.',
  upstream_timeout: 'The server took too long to answer.',
  unavailable: 'The server can’t do this at the moment.',
};

/** A problem in a sentence for whoever uses a page. */
export const describeProblem = ({ code, detail, title }: Problem): string => plain[code] ?? (detail || title);
