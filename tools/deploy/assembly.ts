import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { templateSchema, type StackTemplate } from '@sluice/infra/policy/template.ts';
import * as z from 'zod';
import type { Work } from './command.ts';
import { CommandError } from './explain.ts';
import { folderOf, repository } from './folder.ts';
import { runProgram } from './run-program.ts';

/** The stacks of an environment, in the order in which they are deployed. */
export const stackOrder = ['pipeline', 'edge', 'registry', 'foundation', 'app'] as const;

export type StackKind = (typeof stackOrder)[number];

/** A stack as it is to be. */
export type StackToDeploy = {
  readonly kind: StackKind;
  /** As CDK calls it: `dev/app`. */
  readonly id: string;
  /** As CloudFormation calls it: `sluice-dev-app`. */
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

/** The name of a stack in CloudFormation. */
export const stackNameOf = (environment: string, kind: StackKind): string => `sluice-${environment}-${kind}`;

/** Makes the templates and checks them by `npm run synth`: what was checked is what is deployed. Throws a {@link CommandError} with what it found. */
export const synthesize = async (environment: string, { signal, progress }: Work): Promise<Assembly> => {
  const folder = join(folderOf(environment), 'cdk.out');
  progress.status('Making the templates and checking them …');
  const synth = join(repository, 'infra/commands/synth.ts');
  const { status, lastLines } = await runProgram(process.execPath, [synth, environment, '--output', folder], {
    cwd: repository,
    signal,
  });
  if (status !== 0) {
    throw new CommandError([
      { what: `The templates are at fault:\n${lastLines.join('\n')}`, where: 'infra', mend: 'npm run synth shows all' },
    ]);
  }
  return { folder, stacks: readStacks(folder, environment) };
};

/** The stacks of an environment in what `cdk synth` wrote to `folder`. */
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
