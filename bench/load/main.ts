import { commandSchema, type Command, type LoadResult } from './command.ts';
import { runFullSpeed } from './full-speed.ts';
import { runListen } from './listen.ts';
import { runVisible } from './visible.ts';

// A separate process for the load, so its cost falls neither on the measured nor on the measuring
// process.

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
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
