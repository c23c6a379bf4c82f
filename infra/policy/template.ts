import * as z from 'zod';

const properties = z.record(z.string(), z.unknown());

/** The schema of one resource of a template. */
export const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: properties.default({}),
  DeletionPolicy: z.string().optional(),
});

/** The schema of the part of a CloudFormation template that the checks read. */
export const templateSchema = z.looseObject({
  Resources: z.record(z.string(), resourceSchema).default({}),
  Outputs: properties.default({}),
});

/** One resource of a template. */
export type Resource = z.output<typeof resourceSchema>;

/** A template with the path of its stack: `prod/foundation`. */
export type StackTemplate = z.output<typeof templateSchema> & { readonly stack: string };

/** A finding and its place: stack, resource and property. */
export type Finding = { readonly where: string; readonly what: string };

/** Finds every string in a value, with the path to it. */
export const findTexts = (value: unknown, path: string): { readonly path: string; readonly text: string }[] => {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => findTexts(part, `${path}.${key}`));
};

/** Calls `look` for each resource of the templates. Returns all findings, each with its place. */
export const inspect = (
  templates: readonly StackTemplate[],
  look: (resource: Resource, template: StackTemplate) => readonly Finding[],
): Finding[] =>
  templates.flatMap((template) =>
    Object.entries(template.Resources).flatMap(([id, each]) =>
      look(each, template).map(({ where, what }) => ({
        where: [`${template.stack} ${id} (${each.Type})`, where].filter((part) => part !== '').join(' '),
        what,
      })),
    ),
  );

/** Returns the id of the resource that a value refers to. */
export const referenceOf = (value: unknown): string | undefined => {
  const { data } = reference.safeParse(value);
  if (data === undefined) return undefined;
  return 'Ref' in data ? data.Ref : data['Fn::GetAtt'][0];
};

const reference = z.union([
  z.object({ Ref: z.string() }),
  z.object({ 'Fn::GetAtt': z.tuple([z.string()], z.string()) }),
]);
