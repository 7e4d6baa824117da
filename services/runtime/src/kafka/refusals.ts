const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** Why Kafka will never take such records, whenever they are sent; null for a failure that may pass. */
export const refusalOf = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null;
  if ('type' in error && typeof error.type === 'string' && refusals.has(error.type)) return error.message;
  return refusalOf(error.cause);
};
