import { lateMs, type Stage, type StreamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import { formatDelay } from '../ui/times.ts';

/** The same words whichever stage is behind: whoever looks at orders cannot do anything about it. */
export const staleWords = 'Recent changes may be missing here.';

/** One line of the figures: the name of a stage, and how it stands. Where `late`, the line is marked. */
export interface StageLine {
  name: string;
  text: string;
  late: boolean;
}

const noFigures = 'no figures';
const counted = (count: number, one: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : `${one}s`}`;

const outboxLine = (name: string, lag: StreamLag['orders']): StageLine => {
  if (!lag) return { name, text: noFigures, late: false };
  if (lag.depth === 0) return { name, text: 'nothing waits', late: false };
  const text = `${counted(lag.depth, 'change')} waiting, ${formatDelay(lag.oldest_ms)}`;
  return { name, text, late: lag.oldest_ms > lateMs };
};

const bridgeLine = (name: string, lag: StreamLag['bridge']): StageLine => {
  if (!lag) return { name, text: noFigures, late: false };
  if (lag.records === 0) return { name, text: 'in step', late: false };
  return {
    name,
    text: `${counted(lag.records, 'record')} behind, ${formatDelay(lag.behind_ms)}`,
    late: lag.behind_ms > lateMs,
  };
};

const names = {
  orders: 'Orders outbox',
  bridge: 'Kafka to Redis',
  redis: 'Redis',
  gateway: 'Gateway',
  users: 'Users outbox',
} as const;

export const stageName = (stage: Stage): string => names[stage];

/**
 * One line for each stage, in the order in which a change passes them. The stage that is `behind` is marked whatever its
 * figures say. Before the first heartbeat there are as many lines, so that the panel does not change its height then.
 */
export function describeStages(lag: StreamLag | null, behind: Stage | null): StageLine[] {
  if (!lag) return Object.values(names).map((name) => ({ name, text: 'no figures yet', late: false }));
  const { backlog_bytes, loop_ms } = lag.gateway;
  const queue = backlog_bytes === 0 ? 'queue empty' : `queue ${Math.ceil(backlog_bytes / 1024)} KiB`;
  const redis = lag.redis_ms === null ? noFigures : `answers in ${formatDelay(lag.redis_ms)}`;
  const lines: StageLine[] = [
    outboxLine(names.orders, lag.orders),
    bridgeLine(names.bridge, lag.bridge),
    { name: names.redis, text: redis, late: false },
    { name: names.gateway, text: `${queue}, held up to ${formatDelay(loop_ms)}`, late: false },
    outboxLine(names.users, lag.users),
  ];
  return lines.map((line) =>
    behind !== null && line.name === names[behind]
      ? { ...line, text: line.text === noFigures ? 'not known' : line.text, late: true }
      : line,
  );
}
