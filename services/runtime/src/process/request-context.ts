import { AsyncLocalStorage } from 'node:async_hooks';

/** What every line of the log says that is written for a request: its own id, and that of the trace to which it belongs. */
export interface RequestContext {
  request_id: string;
  trace_id: string;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();
