// Collects garbage on SIGUSR2, so the remaining memory is in use. Only the environment
// (NODE_OPTIONS) loads this file into the producer.

process.on('SIGUSR2', () => {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  process.stdout.write('{"msg":"collected"}\n');
});
