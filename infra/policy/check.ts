import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { baselineOf, findLosses, type Baseline } from './baseline.ts';
import { findHeavyGroups } from './group-weights.ts';
import { findSplitOutputs } from './references.ts';
import { findBreaches } from './rules.ts';
import { findSecrets } from './secrets.ts';
import { resourceSchema, type Finding, type StackTemplate } from './template.ts';

const baselines = join(import.meta.dirname, '../baselines');
const baselineSchema = z.record(z.string(), z.record(z.string(), resourceSchema));

/**
 * Finds problems in templates in addition to those that CloudFormation's rules and cdk-nag find
 * during synthesis, and the linters in CI. With `isLossAccepted`, data may be lost.
 */
export const findViolations = (templates: readonly StackTemplate[], { isLossAccepted = false } = {}): Finding[] => [
  ...findBreaches(templates),
  ...findSecrets(templates),
  ...findSplitOutputs(templates),
  ...templates.flatMap((template) => findHeavyGroups(template)),
  ...(isLossAccepted ? [] : environmentsOf(templates).flatMap(([name, own]) => findLosses(readBaseline(name), own))),
];

/** Returns the file of each environment's baseline, and the new baseline. */
export const nextBaselines = (
  templates: readonly StackTemplate[],
): { readonly file: string; readonly text: string }[] =>
  environmentsOf(templates).map(([name, own]) => ({
    file: fileOf(name),
    text: `${JSON.stringify(baselineOf(own), undefined, 2)}\n`,
  }));

/** Formats a finding as one line. */
export const formatFinding = ({ where, what }: Finding): string => `${where}: ${what}`;

/**
 * Groups templates by environment. The name of a stack starts with its environment
 * (`prod/foundation`).
 */
const environmentsOf = (templates: readonly StackTemplate[]): [name: string, own: StackTemplate[]][] => [
  ...Map.groupBy(templates, ({ stack }) => stack.split('/')[0] ?? ''),
];

const fileOf = (environment: string): string => join(baselines, `${environment}.json`);

/** Reads the baseline of an environment. A new environment has none, and nothing to lose. */
const readBaseline = (environment: string): Baseline => {
  const file = fileOf(environment);
  return existsSync(file) ? baselineSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
};
