import { History } from '../fanout/history.ts';
import { Hub, type StreamState } from '../fanout/hub.ts';
import { Revocations } from '../fanout/revocations.ts';
import { at } from './redis-messages.ts';

/** What a heartbeat says while every stage is in time. */
export const inTime: StreamState = {
  live: true,
  behind: null,
  lag: {
    orders: { depth: 0, oldest_ms: 0 },
    users: null,
    bridge: null,
    redis_ms: 1,
    gateway: { backlog_bytes: 0, loop_ms: 0 },
  },
  fresh_at: at,
};

/** A hub at the position e:0, whose memory holds up to so many events. */
export const openHub = (entries = 100): Hub => {
  const history = new History(entries, 64 * 1024 * 1024);
  history.reset({ epoch: 'e', seq: 0 });
  return new Hub(history, new Revocations());
};
