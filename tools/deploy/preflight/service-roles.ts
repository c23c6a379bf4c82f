import { CreateServiceLinkedRoleCommand, paginateListRoles } from '@aws-sdk/client-iam';
import { linkedServicesOf } from '@sluice/infra/linked-services.ts';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import type { Account } from '../aws/account.ts';
import { explain, type Issue } from '../cli/explain.ts';

// "Using service-linked roles" of the IAM guide.
const folder = '/aws-service-role/';

/** Fetches the services that have a service-linked role in the account: `ecs.amazonaws.com`. */
const fetchServices = async ({ iam }: Account): Promise<ReadonlySet<string>> => {
  const services = new Set<string>();
  for await (const { Roles = [] } of paginateListRoles({ client: iam }, { PathPrefix: folder })) {
    for (const { Path = '' } of Roles) services.add(Path.slice(folder.length).replace(/\/$/, ''));
  }
  return services;
};

/** The services without a service-linked role. The note says why they could not be listed. */
export type MissingRoles = { readonly services: readonly string[]; readonly note?: string };

/** Finds the services of an environment that have no service-linked role in the account. */
export const findMissingRoles = async (account: Account, environment: Environment): Promise<MissingRoles> => {
  try {
    const found = await fetchServices(account);
    return { services: linkedServicesOf(environment).filter((service) => !found.has(service)) };
  } catch (error) {
    // In an account that has the roles already, a deployment needs no right to list them.
    return { services: [], note: `The service-linked roles could not be listed: ${explain(error).what}` };
  }
};

/**
 * Creates service-linked roles. Returns a problem for each that could not be created, with the
 * command that creates it.
 */
export const createServiceRoles = async (
  { iam }: Account,
  services: readonly string[],
  { account }: Pick<Environment, 'account'>,
): Promise<Issue[]> => {
  const issues: Issue[] = [];
  for (const service of services) {
    try {
      await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: service }));
    } catch (error) {
      // Another deployment, or the service itself, has created it in the meantime.
      if (error instanceof Error && /has been taken|already exists/i.test(error.message)) continue;
      issues.push({
        what: `The service-linked role of ${service} is missing and could not be created. ${explain(error).what}`,
        where: `IAM of ${account}`,
        fix: `aws iam create-service-linked-role --aws-service-name ${service}, as an administrator of the account; then run the same command again`,
      });
    }
  }
  return issues;
};
