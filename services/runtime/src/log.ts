import { pino, type Logger } from 'pino';

export type Log = Logger;

/** One JSON object a line; readable lines where a person looks on directly. Secrets never reach the output. */
export const createLog = (name: string, level: string): Log =>
  pino({
    name,
    level,
    base: { name },
    redact: {
      paths: ['password', '*.password', 'authorization', '*.authorization', 'access_token', 'refresh_token', 'ticket'],
      censor: '[redacted]',
    },
    ...(process.stdout.isTTY && process.env.NODE_ENV !== 'production'
      ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', singleLine: true } } }
      : {}),
  });
