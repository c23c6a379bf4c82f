import { GetHostedZoneCommand } from '@aws-sdk/client-route-53';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import type { Account } from '../aws/account.ts';
import { explain, type Issue } from '../cli/explain.ts';

type Domain = NonNullable<Environment['domain']>;

/**
 * Fetches the name of a hosted zone without its trailing dot. Returns the problem if it cannot be
 * read.
 */
export const fetchZone = async ({ route53 }: Account, { hostedZoneId }: Domain): Promise<string | Issue> => {
  try {
    const { HostedZone } = await route53.send(new GetHostedZoneCommand({ Id: hostedZoneId }));
    return (HostedZone?.Name ?? '').replace(/\.$/, '');
  } catch (error) {
    return explain(error);
  }
};

/**
 * Finds problems of a domain. Records in the zone validate its certificate, so its name must be in
 * the zone.
 */
export const checkDomain = (domain: Domain, zone: string | Issue): Issue[] => {
  if (typeof zone !== 'string') return [zone];
  if (domain.name === zone || domain.name.endsWith(`.${zone}`)) return [];
  const what = `${domain.name} is not in the hosted zone ${domain.hostedZoneId} (${zone}), so no certificate can be issued`;
  return [
    {
      what,
      where: 'Route 53',
      fix: 'find the id with aws route53 list-hosted-zones, and set it in infra/environments',
    },
  ];
};
