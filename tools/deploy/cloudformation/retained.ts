import type { StackTemplate } from '@sluice/infra/policy/template.ts';

/**
 * Lists the resources that stay when their stack is removed, each with the reason. `labelOf` names
 * a resource by its id.
 */
export const listRetained = (
  { Resources }: Pick<StackTemplate, 'Resources'>,
  labelOf: (id: string) => string,
): string[] =>
  Object.entries(Resources).flatMap(([id, { Type, DeletionPolicy = 'Delete' }]) => {
    const label = `${labelOf(id)} (${Type})`;
    if (DeletionPolicy === 'Snapshot') return [`the final snapshot of ${label}, because the environment is protected`];
    if (!DeletionPolicy.startsWith('Retain')) return [];
    if (Type === 'AWS::IAM::OIDCProvider')
      return [`${label}, because the account’s other environments also deploy with it`];
    return [`${label}, because of its deletion policy (${DeletionPolicy})`];
  });
