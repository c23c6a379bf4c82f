// Loaded into the producer by its environment (NODE_OPTIONS), never by its code: on SIGUSR2 it collects its garbage, so that what
// is left is what it holds.

process.on('SIGUSR2', () => {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  process.stdout.write('{"msg":"collected"}\n');
});
