/**
 * The code of a failure: an SQLSTATE, or the system's name of a broken connection such as ECONNREFUSED; null without
 * one.
 */
export const errorCode = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Sequelize keeps what pg threw as `original`; `during` as the cause.
  return errorCode('original' in error ? error.original : error.cause);
};
