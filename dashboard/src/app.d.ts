import type { User } from '@live-orders/contracts/domain/users.ts';

declare global {
  namespace App {
    interface Error {
      code?: string;
    }
    interface Locals {
      /** As the last login or refresh told it: good for display. The services check every call themselves. */
      user: User | null;
      /** Null without a session, and while the gateway can't be reached to renew it. */
      accessToken: string | null;
    }
  }
}

export {};
