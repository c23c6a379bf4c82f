import { GetHostedZoneCommand } from '@aws-sdk/client-route-53';
import type { Environment } from '@sluice/infra/environment.ts';
import type { Account } from '../account.ts';
import { explain, type Fault } from '../explain.ts';

type Domain = NonNullable<Environment['domain']>;

/** The name of a hosted zone without its last dot, or why it could not be read. */
export const askZone = async ({ route53 }: Account, { hostedZoneId }: Domain): Promise<string | Fault> => {
  try {
    const { HostedZone } = await route53.send(new GetHostedZoneCommand({ Id: hostedZoneId }));
    return (HostedZone?.Name ?? '').replace(/\.$/, '');
  } catch (error) {
    return explain(error);
  }
};

/** What is wrong with a domain: its certificate is issued by records in the zone, so the name must be in it. */
export const judgeDomain = (domain: Domain, zone: string | Fault): Fault[] => {
  if (typeof zone !== 'string') return [zone];
  if (domain.name === zone || domain.name.endsWith(`.${zone}`)) return [];
  const what = `The hosted zone ${domain.hostedZoneId} is of ${zone}, and ${domain.name} is not in it: no certificate would ever be issued`;
  return [
    {
      what,
      where: 'Route 53',
      mend: 'aws route53 list-hosted-zones shows the ids; put the right one into infra/environments',
    },
  ];
};
