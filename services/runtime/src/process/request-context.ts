import { AsyncLocalStorage } from 'node:async_hooks';

/** The request for which something is done, and the trace to which it belongs. */
export interface RequestContext {
  request_id: string;
  trace_id: string;
  /** Names this request as the step before, for whatever follows from it (W3C Trace Context, level 1). */
  traceparent: string;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();
