import { parseArgs, type ParseArgsConfig } from 'node:util';

type Read<Config extends ParseArgsConfig> = ReturnType<typeof parseArgs<Config>>;

/** The words that a command was given, as parseArgs reads them. Where they are not the command's it says so and ends the process with 2. */
export const readArguments = <const Config extends ParseArgsConfig>(usage: string, config: Config): Read<Config> => {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\nUsage: ${usage}`);
    process.exit(2);
  }
};
