declare module 'kafkajs/src/network/requestQueue/index.js' {
  class RequestQueue {
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
  }
  export default RequestQueue;
}

declare module 'kafkajs/src/cluster/index.js' {
  import type Broker from 'kafkajs/src/broker/index.js';

  class Cluster {
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addMultipleTargetTopics(topics: string[]): Promise<void>;
    findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
    findBroker(wanted: { nodeId: number }): Promise<Broker>;
    findGroupCoordinator(wanted: { groupId: string; coordinatorType: number }): Promise<Broker>;
    findGroupCoordinatorMetadata(wanted: { groupId: string; coordinatorType: number }): Promise<unknown>;
  }
  export default Cluster;
}

declare module 'kafkajs/src/broker/index.js' {
  import type { IHeaders, Message } from 'kafkajs';

  /** Who sends: Kafka takes nothing of an epoch that is lower than one that it has seen. */
  interface Identity {
    producerId: string;
    producerEpoch: number;
  }

  interface FetchedPartition {
    partition: number;
    abortedTransactions: { producerId: string; firstOffset: string }[];
    messages: {
      offset: string;
      headers: IHeaders;
      isControlRecord: boolean;
      batchContext: { producerId: string; inTransaction: boolean };
    }[];
  }

  class Broker {
    initProducerId(wanted: { transactionalId: string; transactionTimeout: number }): Promise<Identity>;
    addPartitionsToTxn(
      wanted: Identity & { transactionalId: string; topics: { topic: string; partitions: number[] }[] },
    ): Promise<unknown>;
    endTxn(wanted: Identity & { transactionalId: string; transactionResult: boolean }): Promise<unknown>;
    produce(
      wanted: Identity & {
        acks: number;
        compression: number;
        topicData: { topic: string; partitions: { partition: number; firstSequence: number; messages: Message[] }[] }[];
      },
    ): Promise<unknown>;
    listOffsets(wanted: {
      isolationLevel: number;
      topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
    }): Promise<{ responses: { partitions: { offset: string }[] }[] }>;
    fetch(wanted: {
      isolationLevel: number;
      maxWaitTime: number;
      topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
    }): Promise<{ responses: { partitions: FetchedPartition[] }[] }>;
  }
  export type { FetchedPartition, Identity };
  export default Broker;
}

declare module 'kafkajs/src/consumer/batch.js' {
  import type { FetchedPartition } from 'kafkajs/src/broker/index.js';
  import type { IHeaders } from 'kafkajs';

  class Batch {
    constructor(topic: string, fetchedOffset: string, fetched: FetchedPartition);
    messages: { offset: string; headers: IHeaders }[];
  }
  export default Batch;
}

declare module 'kafkajs/src/protocol/encoder.js' {
  class Encoder {
    static nextPowerOfTwo: (value: number) => number;
    buf: Buffer;
    offset: number;
    get buffer(): Buffer;
    ensureAvailable(length: number): void;
    writeBytes(value: Buffer): this;
    writeString(value: string): this;
  }
  export default Encoder;
}

declare module 'kafkajs/src/protocol/decoder.js' {
  import type { IHeaders } from 'kafkajs';

  class Decoder {
    readVarInt(): number;
    readVarIntArray(read: (decoder: Decoder) => { key: string; value: Buffer }): { reduce: () => IHeaders };
  }
  export default Decoder;
}
