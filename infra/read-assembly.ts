import { CloudAssembly, type CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { templateSchema, type StackTemplate } from './policy/template.ts';

/** Reads the templates that `cdk synth` has written to `folder`. */
export const readAssembly = (folder: string): StackTemplate[] =>
  new CloudAssembly(folder).stacksRecursively.map(toTemplate);

/** Returns the part of a stack that the checks read. */
export const toTemplate = ({ hierarchicalId, template }: CloudFormationStackArtifact): StackTemplate => ({
  ...templateSchema.parse(template),
  stack: hierarchicalId,
});
