import * as z from 'zod';

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string().transform((id) => [id]), z.array(z.string())]).default([]),
});

/** The schema of the part of a template that the emulator reads. */
export const templateSchema = z.looseObject({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })).default({}),
});

export type Resources = z.output<typeof templateSchema>['Resources'];

export type Operation = { readonly action: 'CREATE' | 'UPDATE' | 'DELETE'; readonly resource: string };

/**
 * Returns the operations of a deployment, in CloudFormation's order ("Update behaviors of stack
 * resources"): it creates and updates each resource after those that it refers to. At the end, in
 * the clean-up, it deletes each resource before those that it refers to.
 */
export const operationsOf = (
  deployed: Resources,
  wanted: Resources,
): { readonly changes: Operation[]; readonly cleanUp: Operation[] } => ({
  changes: inOrder(wanted).flatMap((resource): Operation[] => {
    const [before, after] = [deployed[resource], wanted[resource]];
    if (before === undefined) return [{ action: 'CREATE', resource }];
    // Its image's tag is a parameter.
    const isChanged = after?.Type === 'AWS::ECS::TaskDefinition' || JSON.stringify(before) !== JSON.stringify(after);
    return isChanged ? [{ action: 'UPDATE', resource }] : [];
  }),
  cleanUp: inOrder(deployed)
    .filter((resource) => wanted[resource] === undefined)
    .toReversed()
    .map((resource) => ({ action: 'DELETE', resource })),
});

/** Returns the ids of resources, each after those that it refers to. */
const inOrder = (resources: Resources): string[] => {
  const ordered = new Set<string>();
  const add = (id: string): void => {
    const resource = resources[id];
    if (resource === undefined || ordered.has(id)) return;
    for (const other of referencesOf(resource)) add(other);
    ordered.add(id);
  };
  for (const id of Object.keys(resources)) add(id);
  return [...ordered];
};

// CDK writes `Fn::Sub` only with pseudo parameters.
const referencesOf = ({ Properties, DependsOn }: Resources[string]): string[] => [
  ...DependsOn,
  ...[...JSON.stringify(Properties).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)].map(([, id = '']) => id),
];

/** The values that a resource's properties refer to. */
export type Scope = {
  readonly physicalIds: ReadonlyMap<string, string>;
  readonly parameters: Readonly<Record<string, string>>;
};

/**
 * Replaces references by physical ids, whatever the attribute, and by parameters. `outputOf` returns
 * the value of another stack's output.
 */
export const resolve = (
  value: unknown,
  scope: Scope,
  outputOf: (stack: string, output: string) => unknown,
): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => resolve(each, scope, outputOf));
  const { success, data } = reference.safeParse(value);
  if (!success) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each, scope, outputOf)]));
  }
  if ('Fn::GetStackOutput' in data) {
    const { StackName, OutputName } = data['Fn::GetStackOutput'];
    return outputOf(StackName, OutputName);
  }
  const id = 'Ref' in data ? data.Ref : data['Fn::GetAtt'][0];
  return scope.physicalIds.get(id) ?? scope.parameters[id] ?? id;
};

const reference = z.union([
  z.strictObject({ Ref: z.string() }),
  z.strictObject({ 'Fn::GetAtt': z.tuple([z.string()], z.string()) }),
  z.strictObject({ 'Fn::GetStackOutput': z.looseObject({ StackName: z.string(), OutputName: z.string() }) }),
]);
