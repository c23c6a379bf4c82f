import type { Issue } from '../cli/explain.ts';
import type { Change } from './plan.ts';

/**
 * The place of the edge stack in a deployment. CloudFront needs a new certificate or firewall before
 * the app stack is deployed (`first`), and uses an old one until then (`last`).
 */
export type EdgeOrder = 'first' | 'last';

/**
 * Returns the place of the edge stack, by the changes of a deployment. Returns a problem if the stack
 * gets one resource and loses another, because neither place is possible: AWS deletes no certificate
 * or firewall that CloudFront uses, and CloudFormation would leave it in the account.
 */
export const orderOfEdge = (
  environment: string,
  changes: readonly Pick<Change, 'stack' | 'resource' | 'impact'>[],
): EdgeOrder | Issue => {
  const stack = `${environment}/edge`;
  const own = changes.filter((each) => each.stack === stack);
  const lost = own.filter(({ impact }) => !['created', 'updated'].includes(impact));
  if (lost.length === 0) return 'first';
  const isLostOnly = own.every(({ impact }) => ['deleted', 'retained', 'updated'].includes(impact));
  if (isLostOnly) return 'last';
  const names = lost.map(({ resource }) => resource).join(', ');
  return {
    what: `CloudFront uses the old ${names} until it has the new one, so one deployment cannot exchange them`,
    where: stack,
    fix: `remove the old value (domain, firewall) from infra/environments/${environment}.ts and deploy, then set the new one and deploy again`,
  };
};
