// The adapter listens on 3000 unless told otherwise, and that is the gateway's port.
process.env.PORT ??= '3003';
try {
  await import('./build/index.js');
} catch (error) {
  // A variable that makes no sense: one line is enough, a stack helps nobody.
  process.stderr.write(`dashboard cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
