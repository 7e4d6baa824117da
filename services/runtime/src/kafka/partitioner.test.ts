import fc from 'fast-check';
import { expect, test } from 'vitest';
import kafkajs from './kafkajs.ts';
import { byKey } from './partitioner.ts';

test('every key gets the partition that kafkajs, and so every client of Kafka, gives it', () => {
  const [ours, theirs] = [byKey(), kafkajs.Partitioners.DefaultPartitioner()];
  const keys = fc.oneof(fc.uuid(), fc.string({ unit: 'binary' }), fc.uint8Array().map(Buffer.from));
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 100 }), (key, count) => {
      const partitionMetadata = Array.from({ length: count }, (_none, partitionId) => ({
        ...{ partitionId, leader: 1, partitionErrorCode: 0 },
        ...{ replicas: [], isr: [], offlineReplicas: [] },
      }));
      const asked = { topic: 'topic', partitionMetadata, message: { key, value: null } };
      expect(ours(asked)).toBe(theirs(asked));
    }),
  );
});
