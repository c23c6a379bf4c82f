import { commandSchema, type Command, type LoadResult } from './command.ts';
import { runFullSpeed } from './full-speed.ts';
import { runListen } from './listen.ts';
import { runVisible } from './visible.ts';

// The load, in a process of its own, so that what it costs is neither the measured process's nor the measuring one's.

const run = (command: Command): Promise<LoadResult> => {
  switch (command.kind) {
    case 'full speed':
      return runFullSpeed(command);
    case 'visible':
      return runVisible(command);
    case 'listen':
      return runListen(command);
  }
};

process.on('message', (message) => {
  run(commandSchema.parse(message)).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ fault: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
