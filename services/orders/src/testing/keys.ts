import assert from 'node:assert/strict';
import type { OrdersModel } from './orders-model.ts';
import { refused } from './refusals.ts';
import type { Answer } from './test-orders-service.ts';

/** The idempotency key of a request, or none. Keys are few, so that they meet again, with the same request and with others. */
export const useKey = (model: OrdersModel, place: number | null, caller: string, sent: object) => {
  const name = `${caller}:${place}`;
  const text = JSON.stringify(sent);
  const headers: Record<string, string> = place === null ? {} : { 'idempotency-key': `key-${place}` };
  return {
    headers,
    took: ({ body, replayed }: Answer): void => {
      if (place !== null) model.answered(name, text, body, replayed);
    },
    isRefused: (answer: Answer): boolean => {
      if (place === null || answer.status !== 422) return false;
      refused(answer, 'idempotency_key_reused');
      assert(model.isReuse(name, text), 'a key was called reused that is not');
      return true;
    },
  };
};
