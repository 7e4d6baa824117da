import type { z } from 'zod';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Log } from '../process/log.ts';
import { ProblemError, problemResponse } from './problem.ts';
import { errorCode } from '../process/error-code.ts';
import { isBadValue, isTemporary } from '../database/sql-state.ts';

/** Fields that are named in one answer; a body may have thousands of wrong ones. */
const namedErrors = 100;

/** The problem `validation_failed`, with each field that does not fit its schema. */
export const invalid = (issues: z.core.$ZodIssue[]): ProblemError =>
  new ProblemError('validation_failed', 'See errors for each field.', {
    errors: issues
      .flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not a known field' }))
          : [{ path: issue.path.join('.'), message: issue.message }],
      )
      .slice(0, namedErrors),
  });

/**
 * Makes a problem of whatever a request threw. What is no `ProblemError` is logged with the request, and the caller
 * learns nothing of it but its request id, or that the same request may succeed in a moment.
 */
export const answerError =
  (log: Log) =>
  (error: Error, c: Context): Response => {
    if (error instanceof ProblemError) return problemResponse(c, error);
    if (error instanceof HTTPException && error.status === 400) {
      return problemResponse(c, new ProblemError('malformed_request', error.message));
    }
    if (error instanceof HTTPException && error.status === 415) {
      const detail = 'Send the body with the header content-type: application/json.';
      return problemResponse(c, new ProblemError('unsupported_media_type', detail));
    }
    const context = { err: error, method: c.req.method, path: c.req.path, request_id: c.get('requestId') };
    if (isCutOff(error)) {
      log.debug(context, 'the caller left in the middle of the request');
      return problemResponse(c, new ProblemError('malformed_request', 'The request ends in the middle of its body.'));
    }
    if (isBadValue(error)) {
      log.warn(context, 'the database refuses a value that its schema lets through');
      const detail = 'One of the values cannot be taken, such as a time or a number that is out of range.';
      return problemResponse(c, new ProblemError('validation_failed', detail, { errors: [] }));
    }
    if (isUnavailable(error)) {
      log.warn(context, 'the database or redis cannot be reached, or is too busy');
      return problemResponse(
        c,
        new ProblemError(
          'unavailable',
          'The database or Redis cannot be reached, or is too busy; try again in a moment.',
          {},
          { 'retry-after': '2' },
        ),
      );
    }
    log.error(context, 'request failed');
    return problemResponse(c, new ProblemError('internal_error', 'The failure was logged under this request_id.'));
  };

/**
 * The caller's connection closed before the body of the request was whole: the error with which Node ends such a body.
 * A connection of ours that is reset has the same code, but its message names the call, as in `read ECONNRESET`.
 */
const isCutOff = (error: Error): boolean => errorCode(error) === 'ECONNRESET' && error.message === 'aborted';

/** Redis answers, but not now: no memory left, a disk that fails, a start or a change of roles or passwords under way. */
const isRefusal = ({ name, message }: Error): boolean =>
  name === 'ReplyError' && /^(OOM|MISCONF|LOADING|BUSY|READONLY|MASTERDOWN|NOREPLICAS|NOAUTH|WRONGPASS) /.test(message);

/**
 * PostgreSQL or Redis cannot be reached, or is too busy. Sequelize names such failures `Sequelize…Connection…Error` or
 * `…TimeoutError`; ioredis names one `MaxRetriesPerRequestError`, and says the others in their message.
 */
const isUnavailable = (error: Error): boolean =>
  isTemporary(error) ||
  isRefusal(error) ||
  /^Sequelize.*(Connection|Timeout|HostNot|AccessDenied)|^MaxRetriesPerRequestError$/.test(error.name) ||
  /Connection terminated|not queryable$|^Query read timeout$|the database system is|^Command timed out$|^Connection is closed/.test(
    error.message,
  );
