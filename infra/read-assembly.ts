import { CloudAssembly, type CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { templateSchema, type StackTemplate } from './policy/template.ts';

/** The templates that `cdk synth` has written to `folder`. */
export const readAssembly = (folder: string): StackTemplate[] =>
  new CloudAssembly(folder).stacksRecursively.map(toTemplate);

/** What is looked at of a stack. */
export const toTemplate = ({ hierarchicalId, template }: CloudFormationStackArtifact): StackTemplate => ({
  ...templateSchema.parse(template),
  stack: hierarchicalId,
});
