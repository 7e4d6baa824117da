import { lateMs, type Stage, type StreamLag } from '@live-orders/contracts/health.ts';
import { formatSpan } from './times.ts';

/** In plain words, why what is shown may be old. */
export function explainStale(behind: Stage | null, lag: StreamLag | null): string {
  switch (behind) {
    case 'orders':
      if (!lag?.orders) return 'The orders service does not answer, so changes may be missing here.';
      return `Changes are written but wait in the outbox, ${formatSpan(lag.orders.oldest_ms)}.`;
    case 'bridge':
      if (!lag?.bridge) return 'The bridge from Kafka to Redis does not answer, so changes may be missing here.';
      return `Changes wait on Kafka for the bridge, ${formatSpan(lag.bridge.behind_ms)}.`;
    case 'redis':
      return 'The gateway cannot reach Redis, so no changes come through.';
    case null:
      return 'The server is cut off from its events.';
  }
}

/** One line of the figures: what it is about, and how it stands. `late` asks for attention. */
export interface StageLine {
  name: string;
  text: string;
  late: boolean;
}

const counted = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;
const since = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : formatSpan(ms));

const outboxLine = (name: string, lag: StreamLag['orders']): StageLine => {
  if (!lag) return { name, text: 'no figures', late: false };
  if (lag.depth === 0) return { name, text: 'nothing waits', late: false };
  const text = `${counted(lag.depth, 'change')} waiting, ${since(lag.oldest_ms)}`;
  return { name, text, late: lag.oldest_ms > lateMs };
};

const bridgeLine = (name: string, lag: StreamLag['bridge']): StageLine => {
  if (!lag) return { name, text: 'no figures', late: false };
  if (lag.records === 0) return { name, text: 'in step', late: false };
  return {
    name,
    text: `${counted(lag.records, 'record')} behind, ${since(lag.behind_ms)}`,
    late: lag.behind_ms > lateMs,
  };
};

/** The stages in the order of a change's way; the one that is behind is marked, whatever its figures say. */
export function describeStages(lag: StreamLag, behind: Stage | null): StageLine[] {
  const { backlog_bytes, loop_ms } = lag.gateway;
  const queue = backlog_bytes === 0 ? 'queue empty' : `queue ${Math.ceil(backlog_bytes / 1024)} KiB`;
  const lines: [StageLine, Stage?][] = [
    [outboxLine('Orders outbox', lag.orders), 'orders'],
    [bridgeLine('Kafka to Redis', lag.bridge), 'bridge'],
    [
      { name: 'Redis', text: lag.redis_ms === null ? 'no figures' : `answers in ${lag.redis_ms} ms`, late: false },
      'redis',
    ],
    [{ name: 'Gateway', text: `${queue}, held up ${loop_ms} ms at most`, late: false }],
    [outboxLine('Users outbox', lag.users)],
  ];
  return lines.map(([line, stage]) =>
    stage !== undefined && stage === behind
      ? { ...line, text: line.text === 'no figures' ? 'does not answer' : line.text, late: true }
      : line,
  );
}
