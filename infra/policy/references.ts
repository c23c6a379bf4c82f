import { inspect, type Finding, type StackTemplate } from './template.ts';

// cfn-lint has the same rule (E1022). CloudFormation's documentation lists the functions that are
// allowed inside these, and `Fn::GetStackOutput` is not among them.
const refusing = new Set(['Fn::Split', 'Fn::Select']);

/** Finds outputs of other stacks inside a function that does not take them. */
export const findSplitOutputs = (templates: readonly StackTemplate[]): Finding[] => [
  ...inspect(templates, ({ Properties }) => look(Properties, '', undefined)),
  ...templates.flatMap(({ stack, Outputs }) => look(Outputs, `${stack} Outputs`, undefined)),
];

const look = (value: unknown, path: string, within: string | undefined): Finding[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    if (key === 'Fn::GetStackOutput')
      return within === undefined ? [] : [{ where: path, what: `${within} does not take Fn::GetStackOutput` }];
    return look(part, path === '' ? key : `${path}.${key}`, refusing.has(key) ? key : within);
  });
};
