import { pino, stdSerializers, type Logger } from 'pino';
import { errorCode } from './error-code.ts';
import { requestIds } from './request-context.ts';

export type Log = Logger;

const statementMembers = new Set([
  ...['sql', 'parameters', 'parent', 'original', 'fields', 'errors', 'command'],
  // Of PostgreSQL's own error, which a prepared statement throws: `Failing row contains (…)`.
  ...['detail', 'where', 'internalQuery'],
]);

/**
 * A failed statement's error carries the statement and its values three times over, and with them e-mail addresses,
 * notes and hashes; a failed Redis command its arguments, a ticket perhaps. Its message, code and stack are enough to
 * find the place.
 */
export const loggedError = (error: Error): object => {
  const code = errorCode(error);
  const told = Object.entries(stdSerializers.err(error)).filter(([name]) => !statementMembers.has(name));
  return { ...(code === null ? {} : { code }), ...Object.fromEntries(told) };
};

/**
 * Logs one JSON object a line, on a terminal lines for people. Secrets never reach the output. What is written for a request
 * says which.
 */
export const createLog = (name: string, level: string): Log =>
  pino({
    name,
    level,
    base: { name },
    mixin: requestIds,
    serializers: { err: loggedError },
    redact: {
      paths: ['password', '*.password', 'authorization', '*.authorization', 'access_token', 'refresh_token', 'ticket'],
      censor: '[redacted]',
    },
    ...(process.stdout.isTTY && process.env.NODE_ENV !== 'production'
      ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', singleLine: true } } }
      : {}),
  });
