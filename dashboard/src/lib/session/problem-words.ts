import { errorCatalogue, type ErrorCode, type Problem } from '@live-orders/contracts/rest/errors.ts';

/** The sentences for problems whose own detail names parts of the system, which the user of a page does not know. */
const plain: Partial<Record<ErrorCode, string>> = {
  internal_error: `${errorCatalogue.internal_error.title}.`,
  upstream_unavailable: 'The server can’t be reached at the moment.',
  upstream_timeout: 'The server took too long to answer.',
  unavailable: 'The server can’t do this at the moment.',
};

/** A problem as a sentence for the user of a page. */
export const describeProblem = ({ code, detail, title }: Problem): string => plain[code] ?? (detail || title);
