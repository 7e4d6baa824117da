import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

// kafkajs knows of zstd, but leaves its codec to whoever uses it.
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

// kafkajs 2.2.4 re-arms a 1 ms timer on every connection although nothing waits (and with negative delays, which
// Node 24 warns of). Without it an idle consumer uses next to no CPU.
const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleIfPending(this: RequestQueue) {
  if (this.pending.length > 0) schedule.call(this);
};

/** kafkajs with both amendments. Import it from here only, so that no client is without them. */
export default kafkajs;
