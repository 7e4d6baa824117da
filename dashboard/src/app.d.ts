import 'unplugin-icons/types/svelte';
import type { User } from '@live-orders/contracts/domain/users.ts';

declare global {
  namespace App {
    interface Error {
      code?: string;
    }
    interface PageData {
      /** For whom the server has read the page; missing on pages that are for everybody. */
      user?: User | null;
    }
    interface PageState {
      /** The id of the order that is open beside the board. */
      order?: string;
    }
    interface Locals {
      /** As of the last login or renewal, and only for display: the services check every call themselves. */
      user: User | null;
      /** Null without a session, and while the session cannot be renewed because the gateway cannot be reached. */
      accessToken: string | null;
    }
  }
}

export {};
