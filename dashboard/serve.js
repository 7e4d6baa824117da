// The adapter listens on 3000 unless told otherwise, and that is the gateway's port.
process.env.PORT ??= '3003';
await import('./build/index.js');
