import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import { readEnvironments } from '@sluice/infra/read-environments.ts';
import { input } from '@inquirer/prompts';
import * as z from 'zod';
import { UsageError, type Work } from './command.ts';
import { dataFolder } from '../folder.ts';

/** The environment and the options of a command. */
export type Target = {
  readonly environment: Environment;
  /** Undefined if the credentials come from variables or a pipeline's role instead of a profile. */
  readonly profile: string | undefined;
  /** True if a user can answer questions. */
  readonly isAsking: boolean;
  readonly isBreakingLock: boolean;
  readonly isDestructionAllowed: boolean;
  /** The arguments after the environment's name. */
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
};

/** The values from flags and variables, before any question. */
export type Given = { readonly profile?: string; readonly environment?: string };

const rememberedFile = (): string => join(dataFolder(), 'deploy.json');
const remembered = z.object({ profile: z.string(), environment: z.string() }).partial();

/** The options of every command that works on an environment. */
const common = {
  profile: { type: 'string' },
  yes: { type: 'boolean', default: false },
  'allow-destructive': { type: 'boolean', default: false },
  'break-lock': { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

const filled = (...texts: readonly (string | undefined)[]) => texts.find((text) => text !== undefined && text !== '');

/**
 * Returns the values of flags and variables. Flags take precedence over `ENV` and the variable that
 * AWS's own tools read.
 * @internal
 */
export const readGiven = (
  { profile, environment }: Readonly<Record<keyof Given, string | undefined>>,
  variables: Readonly<Record<string, string | undefined>>,
): Given => {
  const own = {
    profile: filled(profile, variables['AWS_PROFILE']),
    environment: filled(environment, variables['ENV']),
  };
  return {
    ...(own.profile === undefined ? {} : { profile: own.profile }),
    ...(own.environment === undefined ? {} : { environment: own.environment }),
  };
};

/**
 * Returns true if credentials do not come from a profile, so that no profile needs to be asked for.
 * @internal
 */
export const hasOwnCredentials = (variables: Readonly<Record<string, string | undefined>>): boolean =>
  [
    'AWS_ACCESS_KEY_ID',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    // CloudShell sets this one, and has no profile.
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ].some((name) => (variables[name] ?? '') !== '');

/**
 * Returns the environment to work on. On a terminal it asks for missing values, with the last
 * answers as defaults, and remembers the answers. Elsewhere, and with `--yes`, it asks nothing, and
 * the environment must be named. The region is a value of the environment. Sets the variables with
 * which the SDK, `cdk` and `docker` find the account. Throws a {@link UsageError}.
 */
export const openEnvironment = async (
  usage: string,
  argv: readonly string[],
  { signal }: Pick<Work, 'signal'>,
  options: ParseArgsConfig['options'] = {},
): Promise<Target> => {
  const { values, positionals } = parse(usage, argv, { ...common, ...options });
  const [environmentName, ...words] = positionals;
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const given = readGiven({ profile: text('profile'), environment: environmentName }, process.env);
  const environments = await readEnvironments();
  const names = environments.map(({ name }) => name);
  const isAsking = process.stdin.isTTY && process.stdout.isTTY && values['yes'] !== true;
  const answers = isAsking ? await ask(given, names, signal) : given;
  const environment = environments.find(({ name }) => name === answers.environment);
  if (environment === undefined) {
    const named =
      answers.environment === undefined ? 'No environment was given' : `Unknown environment ${answers.environment}`;
    throw new UsageError(`${named}. Choose one of: ${names.join(', ')}\n${usage}`);
  }
  if (isAsking) remember(answers);
  if (answers.profile !== undefined) process.env['AWS_PROFILE'] = answers.profile;
  process.env['AWS_REGION'] = environment.region;
  process.env['AWS_DEFAULT_REGION'] = environment.region;
  return {
    environment,
    profile: answers.profile,
    isAsking,
    isBreakingLock: values['break-lock'] === true,
    isDestructionAllowed: values['allow-destructive'] === true,
    words,
    flags: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : value]),
    ),
  };
};

const parse = (usage: string, argv: readonly string[], options: NonNullable<ParseArgsConfig['options']>) => {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error });
  }
};

const ask = async (given: Given, names: readonly string[], signal: AbortSignal): Promise<Given> => {
  const last = readRemembered();
  const isNamed = (name: string) => names.includes(name) || `Choose one of: ${names.join(', ')}`;
  const answers: { profile?: string; environment?: string } = { ...given };
  if (answers.profile === undefined && !hasOwnCredentials(process.env)) {
    answers.profile = await input(
      { message: 'AWS profile', default: last.profile ?? 'default', required: true },
      { signal },
    );
  }
  answers.environment ??= await input(
    {
      message: `Environment (${names.join(', ')})`,
      ...(last.environment === undefined ? {} : { default: last.environment }),
      validate: isNamed,
    },
    { signal },
  );
  return answers;
};

// The values are only defaults, so an unreadable file counts as a missing one.
const readRemembered = (): z.output<typeof remembered> => {
  try {
    return remembered.parse(JSON.parse(readFileSync(rememberedFile(), 'utf8')));
  } catch {
    return {};
  }
};

const remember = (answers: Given): void => {
  const file = rememberedFile();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(answers, undefined, 2)}\n`);
};
