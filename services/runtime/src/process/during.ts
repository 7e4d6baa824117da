/**
 * Does `work`. When it fails, the error says what was being done and has the failure as its cause; the log writes both,
 * as in "reading the outbox: connect ECONNREFUSED 127.0.0.1:5432".
 */
export const during = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw new Error(what, { cause: error });
  }
};
