import { parseArgs, type ParseArgsConfig } from 'node:util';

type Read<Config extends ParseArgsConfig> = ReturnType<typeof parseArgs<Config>>;

/**
 * Reads the arguments of a command, as parseArgs returns them. For unknown arguments it prints the
 * usage and ends the process with exit code 2.
 */
export const readArguments = <const Config extends ParseArgsConfig>(usage: string, config: Config): Read<Config> => {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\nUsage: ${usage}`);
    process.exit(2);
  }
};
