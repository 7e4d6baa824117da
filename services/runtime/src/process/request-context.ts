import { AsyncLocalStorage } from 'node:async_hooks';

/** Who sent a request, as far as it is known when that is asked. */
export interface Sender {
  /** Null as long as no token was checked. */
  user_id: string | null;
  address: string | null;
  user_agent: string | null;
}

/** The request for which something is done, and the trace to which it belongs. */
export interface RequestContext {
  request_id: string;
  trace_id: string;
  /** Names this request as the step before, for whatever follows from it (W3C Trace Context, level 1). */
  traceparent: string;
  sender: () => Sender;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();

/** What every line of the log says of the request for which it is written; nothing outside of requests. */
export const requestIds = (): Partial<Pick<RequestContext, 'request_id' | 'trace_id'>> => {
  const { request_id, trace_id } = requestContext.getStore() ?? {};
  return { request_id, trace_id };
};

/**
 * Does `work` for the request at hand, and whatever follows from it however late, without keeping the request in memory until
 * then: who sent it is asked now.
 */
export const outlivingRequest = <T>(work: () => T): T => {
  const context = requestContext.getStore();
  if (!context) return work();
  const sender = context.sender();
  return requestContext.run({ ...context, sender: () => sender }, work);
};
