import type { IHeaders } from './client.ts';

/** A record that is to be sent; its partition follows from its key. */
export interface OutgoingRecord {
  topic: string;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers: IHeaders;
}
