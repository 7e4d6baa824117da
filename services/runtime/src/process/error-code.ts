/** The code of a failure: an SQLSTATE, or the system's name of a broken connection such as ECONNREFUSED; null without one. */
export const errorCode = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null;
  // Sequelize wraps what pg threw.
  const source: unknown = 'original' in error ? error.original : error;
  return source instanceof Error && 'code' in source && typeof source.code === 'string' ? source.code : null;
};
