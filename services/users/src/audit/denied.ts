import type { RefusedCallType } from '@live-orders/contracts/audit/security-events.ts';
import type { ErrorCode } from '@live-orders/contracts/rest/errors.ts';
import { usualDenials } from '@live-orders/runtime/audit/record-denials.ts';

/** Which security event it is that a call of this path was refused so; undefined for none. */
export const typeOfDenial = (code: ErrorCode, path: string): RefusedCallType | undefined => {
  if (code === 'invalid_credentials' || code === 'account_deactivated') return 'login.failed';
  if (code === 'too_many_requests' && path === '/api/auth/login') return 'login.delayed';
  return usualDenials(code);
};
