import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { Position } from '@live-orders/contracts/socket/position.ts';
import { type Audience, audiencesOf } from './audience.ts';
import type { Entry, History } from './history.ts';

/** What a client that comes back is sent at most, in UTF-16 units; past that, reading the snapshot is cheaper for both. */
const maxReplayChars = 1024 * 1024;

/** Where a client wants to go on: null when it begins anew, `unreadable` when what it gave is no position. */
export type Since = Position | 'unreadable' | null;

export type ResyncReason = Extract<ServerMessage, { event: 'resync' }>['data']['reason'];

/**
 * The texts of everything after `since` for an audience: of `older`, events that memory no longer holds, and of `history`.
 * Null when some of it is missing, or when it is too much.
 */
export const missedTexts = (
  since: Position,
  { older, history, audience }: { older: readonly Entry[]; history: History; audience: Audience },
): string[] | null => {
  if (since.epoch !== history.position.epoch) return null;
  const recent = history.after(older.at(-1)?.seq ?? since.seq);
  if (!recent) return null;
  const texts: string[] = [];
  let chars = 0;
  for (const { deliveries } of [...older, ...recent]) {
    for (const delivery of deliveries) {
      const audiences = audiencesOf(delivery);
      if (audiences !== 'everyone' && !audiences.includes(audience)) continue;
      texts.push(delivery.text);
      chars += delivery.text.length;
    }
    if (chars > maxReplayChars) return null;
  }
  return texts;
};

/** Why a client that wants to go on at `since` cannot, and has to read the snapshot. */
export const resyncReason = (since: Exclude<Since, null>, here: Position): ResyncReason => {
  if (since === 'unreadable') return 'unknown_position';
  return since.epoch === here.epoch ? 'history_lost' : 'new_epoch';
};
