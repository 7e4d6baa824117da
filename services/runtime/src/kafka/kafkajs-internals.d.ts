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
