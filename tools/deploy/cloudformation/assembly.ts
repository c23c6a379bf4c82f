import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { templateSchema, type StackTemplate } from '@sluice/infra/policy/template.ts';
import * as z from 'zod';
import type { Work } from '../cli/command.ts';
import { CommandError } from '../cli/explain.ts';
import { folderOf, repository } from '../folder.ts';
import { runProgram } from '../cli/run-program.ts';

/** The stacks of an environment, in the order of their deployment. */
export const stackOrder = ['pipeline', 'edge', 'registry', 'foundation', 'app'] as const;

export type StackKind = (typeof stackOrder)[number];

/** A stack in its desired state. */
export type StackToDeploy = {
  readonly kind: StackKind;
  /** The id of the stack in CDK: `dev/app`. */
  readonly id: string;
  /** The name of the stack in CloudFormation: `sluice-dev-app`. */
  readonly name: string;
  readonly region: string;
  readonly template: StackTemplate;
};

/** The stacks of an environment, synthesized and checked. */
export type Assembly = { readonly folder: string; readonly stacks: readonly StackToDeploy[] };

const manifest = z.object({ artifacts: z.record(z.string(), z.unknown()) });
const stackArtifact = z.object({
  type: z.literal('aws:cloudformation:stack'),
  environment: z.string().regex(/^aws:\/\/\d{12}\/[a-z0-9-]+$/),
  displayName: z.string(),
  properties: z.object({
    templateFile: z.string(),
    stackName: z.string(),
  }),
});

/** Returns the name of a stack in CloudFormation. */
export const stackNameOf = (environment: string, kind: StackKind): string => `sluice-${environment}-${kind}`;

/**
 * Makes and checks the templates with `npm run synth`, so only checked templates are deployed.
 * Throws a {@link CommandError} with its findings.
 */
export const synthesize = async (environment: string, { signal, progress }: Work): Promise<Assembly> => {
  const folder = join(folderOf(environment), 'cdk.out');
  progress.status('Synthesizing and checking the templates …');
  const synth = join(repository, 'infra/commands/synth.ts');
  const { status, lastLines } = await runProgram(process.execPath, [synth, environment, '--output', folder], {
    cwd: repository,
    signal,
  });
  if (status !== 0) {
    throw new CommandError([
      {
        what: `The templates have findings:\n${lastLines.join('\n')}`,
        where: 'infra',
        fix: `npm run synth -- ${environment} lists all findings`,
      },
    ]);
  }
  return { folder, stacks: readStacks(folder, environment) };
};

/** Reads the stacks of an environment from the output of `cdk synth` in `folder`. */
const readStacks = (folder: string, environment: string): StackToDeploy[] => {
  const own = join(folder, `assembly-${environment}`);
  const { artifacts } = manifest.parse(JSON.parse(readFileSync(join(own, 'manifest.json'), 'utf8')));
  const stacks = Object.values(artifacts).flatMap((artifact) => {
    const { data } = stackArtifact.safeParse(artifact);
    return data === undefined ? [] : [data];
  });
  return stackOrder.flatMap((kind) => {
    const found = stacks.find(({ displayName }) => displayName === `${environment}/${kind}`);
    if (found === undefined) return [];
    const { templateFile, stackName } = found.properties;
    const template = templateSchema.parse(JSON.parse(readFileSync(join(own, templateFile), 'utf8')));
    return [
      {
        kind,
        id: found.displayName,
        name: stackName,
        region: found.environment.split('/').at(-1) ?? '',
        template: { ...template, stack: found.displayName },
      },
    ];
  });
};
