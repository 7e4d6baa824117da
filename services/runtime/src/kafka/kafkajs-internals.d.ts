declare module 'kafkajs/src/network/requestQueue/index.js' {
  class RequestQueue {
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
  }
  export default RequestQueue;
}

declare module 'kafkajs/src/cluster/index.js' {
  class Cluster {
    findGroupCoordinatorMetadata(wanted: { groupId: string; coordinatorType: number }): Promise<unknown>;
  }
  export default Cluster;
}

declare module 'kafkajs/src/broker/index.js' {
  class Broker {
    addPartitionsToTxn(wanted: object): Promise<unknown>;
  }
  export default Broker;
}

declare module 'kafkajs/src/protocol/decoder.js' {
  import type { IHeaders } from 'kafkajs';

  class Decoder {
    readVarInt(): number;
    readVarIntArray(read: (decoder: Decoder) => { key: string; value: Buffer }): { reduce: () => IHeaders };
  }
  export default Decoder;
}
