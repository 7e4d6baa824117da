// The adapter listens on 3000 unless told otherwise, and that is the gateway's port.
process.env.PORT ??= '3003';
try {
  const { server } = await import('./build/index.js');
  // As at the gateway: who sends slowly holds a connection and a body's memory for so long, not for Node's 300 s. Node looks
  // every 30 s.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
} catch (error) {
  // A variable that makes no sense: one line is enough, a stack helps nobody.
  process.stderr.write(`dashboard cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
