import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { environmentSchema, findViolations, type Environment } from './schema/environment.ts';

/** The error for invalid environments. The message lists every error of every environment. */
export class EnvironmentError extends Error {
  readonly code = 'ENVIRONMENT_INVALID';
}

const here = join(import.meta.dirname, 'environments');
const module = z.object({ environment: z.unknown() });

/**
 * Reads the environments: one for each file of the folder, with the file's name. Throws an
 * {@link EnvironmentError} with all errors, including those between environments.
 */
export const readEnvironments = async (folder = here): Promise<Environment[]> => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const given = await Promise.all(
    files.toSorted().map(async (file) => {
      const { environment } = module.parse(await import(pathToFileURL(join(folder, file)).href));
      return { name: file.slice(0, -'.ts'.length), values: environment };
    }),
  );
  const findings = [
    ...given.flatMap(({ name, values }) => [
      ...(/^[a-z][a-z0-9]{1,9}$/.test(name)
        ? []
        : [`${name}: must be 2 to 10 lowercase letters and digits: names in AWS start with it`]),
      ...findViolations(values).map((finding) => `${name}.${finding}`),
    ]),
    ...findOverlaps(given),
    ...findMissingSources(given),
  ];
  if (findings.length > 0) throw new EnvironmentError(`The environments are invalid:\n  ${findings.join('\n  ')}`);
  // In the order of their networks. The smallest address is first.
  return given
    .map(({ name, values }) => Object.assign(environmentSchema.parse(values), { name }))
    .toSorted((one, other) => rangeOf(one.network.cidr).first - rangeOf(other.network.cidr).first);
};

const withSource = z.object({ imagesFrom: z.string() });

const findMissingSources = (given: readonly { readonly name: string; readonly values: unknown }[]): string[] =>
  given.flatMap(({ name, values }) => {
    const { data } = withSource.safeParse(values);
    if (data === undefined) return [];
    const others = given.flatMap((each) => (each.name === name ? [] : [each.name]));
    return others.includes(data.imagesFrom)
      ? []
      : [`${name}.imagesFrom: ${data.imagesFrom} is not another environment: ${others.join(', ')}`];
  });

const withNetwork = z.object({ network: z.object({ cidr: z.cidrv4() }) });

const findOverlaps = (given: readonly { readonly name: string; readonly values: unknown }[]): string[] => {
  const networks = given.flatMap(({ name, values }) => {
    const { data } = withNetwork.safeParse(values);
    return data === undefined ? [] : [{ name, cidr: data.network.cidr, ...rangeOf(data.network.cidr) }];
  });
  return networks.flatMap((one, index) =>
    networks
      .slice(index + 1)
      .filter((other) => one.first <= other.last && other.first <= one.last)
      .map((other) => `${other.name}.network.cidr: ${other.cidr} overlaps ${one.cidr} of ${one.name}`),
  );
};

/** Returns the first and the last address of a range, as numbers. */
const rangeOf = (cidr: string): { readonly first: number; readonly last: number } => {
  const [address = '', bits] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
};
