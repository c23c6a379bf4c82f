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
    if (DeletionPolicy === 'Snapshot') return [`a last snapshot of ${label}, because the environment is protected`];
    if (!DeletionPolicy.startsWith('Retain')) return [];
    if (Type === 'AWS::IAM::OIDCProvider')
      return [`${label}, because GitHub deploys the account’s other environments by it`];
    return [`${label}, because its policy says so`];
  });
