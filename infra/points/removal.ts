import type { StackTemplate } from '../policy/template.ts';

/** The variable that says what is removed from the templates that tests look at. */
export const removalVariable = 'SLUICE_REMOVED';

/**
 * Templates without what `removal` names: all resources of a kind (`AWS::ECR::Repository`), or a property of theirs
 * (`AWS::ECS::TaskDefinition.ContainerDefinitions.*.User`).
 */
export const remove = (templates: readonly StackTemplate[], removal: string): StackTemplate[] => {
  const [type = '', ...path] = removal.split('.');
  const changed = structuredClone([...templates]);
  for (const { Resources } of changed) {
    for (const [id, resource] of Object.entries(Resources)) {
      if (resource.Type !== type) continue;
      if (path.length === 0) delete Resources[id];
      else removeProperty(resource.Properties, path);
    }
  }
  return changed;
};

const removeProperty = (value: unknown, [name = '', ...rest]: readonly string[]): void => {
  if (typeof value !== 'object' || value === null) return;
  const names = name === '*' ? Object.keys(value) : [name];
  for (const each of names) {
    if (rest.length === 0) Reflect.deleteProperty(value, each);
    else removeProperty(Reflect.get(value, each), rest);
  }
};
