import type { OrderRow, ShopRows, StepRow } from './shop-rows.ts';
import type { OrderRecord, TopicReader } from './topic-reader.ts';
import type { Viewer } from '../actors/viewer.ts';
import type { Write } from '../actors/workload.ts';

/**
 * What must not be: something acknowledged is `lost`; the same was applied again (`duplicated`), or an older version
 * after a newer (`reordered`); a dashboard never came up to date (`stale`); something refused is seen (`ghost`).
 */
export interface Violation {
  kind: 'lost' | 'duplicated' | 'reordered' | 'stale' | 'ghost';
  order: string | null;
  text: string;
}

/** Every acknowledged write is in the database once, where its answer said; no refused one is anywhere. */
export const judgeWrites = (writes: readonly Write[], shop: ShopRows, reader: TopicReader): Violation[] => {
  const violations: Violation[] = [];
  for (const write of writes) {
    const found = findWrite(write, shop, reader);
    const told = `write ${write.id} (${write.what}, answered ${write.status} after ${write.ms} ms)`;
    const violate = (kind: Violation['kind'], text: string): void =>
      void violations.push({ kind, order: write.order, text: `${told} ${text}` });
    if (write.outcome === 'ok' && found.length === 0) violate('lost', 'is nowhere');
    if (write.outcome === 'failed' && found.length > 0)
      violate('ghost', `was refused, and is at version ${found.join()}`);
    if (found.length > 1) violate('duplicated', `was done ${found.length} times`);
    if (write.outcome === 'ok' && write.version !== null && found[0] !== undefined && found[0] !== write.version)
      violate('lost', `was said to be version ${write.version}, and is ${found[0]}`);
  }
  return violations;
};

/** The versions that this write has made; each write can be told by its id. */
const findWrite = (write: Write, { orders, steps }: ShopRows, reader: TopicReader): number[] => {
  switch (write.kind) {
    case 'create':
      return orders.filter(({ note }) => note === write.id).map(() => 1);
    case 'move':
      return steps.filter(({ reason }) => reason === write.id).map(({ version }) => version);
    case 'note': {
      // A later note replaces it in the database; Kafka holds them all.
      const records = reader.of(write.order ?? '');
      const first = records.find(({ internalNote }) => internalNote === write.id);
      return first ? [first.version] : [];
    }
  }
};

/** The topic holds every version of the order, first seen in order. Repeated records are not judged here. */
export const judgeTopic = (
  { id, number, version }: OrderRow,
  steps: readonly StepRow[],
  records: readonly OrderRecord[],
): Violation[] => {
  const violations: Violation[] = [];
  const violate = (kind: Violation['kind'], text: string): void => void violations.push({ kind, order: id, text });
  const first = new Map<number, OrderRecord>();
  let highest = 0;
  for (const record of records) {
    const known = first.get(record.version);
    if (known) {
      if (known.eventId !== record.eventId)
        violate('duplicated', `Kafka holds version ${record.version} of order ${number} under two ids`);
      continue;
    }
    first.set(record.version, record);
    if (record.version < highest)
      violate('reordered', `Kafka holds version ${record.version} of order ${number} after version ${highest}`);
    highest = Math.max(highest, record.version);
  }
  for (let wanted = 1; wanted <= version; wanted += 1) {
    if (!first.has(wanted)) violate('lost', `Kafka does not hold version ${wanted} of order ${number}`);
  }
  if (highest > version) violate('ghost', `Kafka holds version ${highest} of order ${number}, which is at ${version}`);
  for (const step of steps.filter(({ order_id }) => order_id === id)) {
    const told = first.get(step.version)?.status;
    if (told !== undefined && told !== step.to_status)
      violate(
        'ghost',
        `Kafka says ${told} for version ${step.version} of order ${number}, the database ${step.to_status}`,
      );
  }
  return violations;
};

/**
 * A dashboard applied every version once and in order, unless it was told with these very events that it could not have
 * all of them. What a snapshot removed may come back as it was.
 */
export const judgeViewer = (
  viewer: Viewer,
  orders: readonly OrderRow[],
): { violations: Violation[]; deliveries: number } => {
  const violations: Violation[] = [];
  const held = new Map(viewer.baseline);
  const removed = new Set<string>();
  for (const { id, version, via, spared } of viewer.applied) {
    if (via === 'removed') {
      removed.add(id);
      continue;
    }
    const before = held.get(id) ?? 0;
    const violate = (kind: Violation['kind'], text: string): void =>
      void violations.push({ kind, order: id, text: `${viewer.name} applied version ${version} of ${id} ${text}` });
    if (version === before && !removed.delete(id)) violate('duplicated', 'twice');
    if (version < before) violate('reordered', `after version ${before}`);
    if (via === 'event' && version > before + 1 && !spared)
      violate('lost', `after version ${before}, and nobody said why`);
    held.set(id, version);
  }
  for (const order of viewer.resent)
    violations.push({ kind: 'duplicated', order, text: `${viewer.name} was sent an event of ${order} twice` });
  const deliveries = orders.reduce((sum, { id, version }) => sum + version - (viewer.baseline.get(id) ?? 0), 0);
  return { violations, deliveries };
};
