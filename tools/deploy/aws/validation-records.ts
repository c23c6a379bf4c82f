import {
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import type { Account } from './account.ts';
import { explain } from '../cli/explain.ts';

type Domain = NonNullable<Environment['domain']>;

/** Returns true for a record with which ACM validates certificates of a domain ("DNS validation"). */
const isValidationOf =
  ({ name }: Domain) =>
  ({ Name = '', Type, ResourceRecords = [] }: ResourceRecordSet): boolean =>
    Type === 'CNAME' &&
    Name.startsWith('_') &&
    Name.slice(Name.indexOf('.') + 1) === `${name}.` &&
    ResourceRecords.some(({ Value = '' }) => /\.acm-validations\.aws\.?$/.test(Value));

/**
 * Describes the records with which ACM validated the certificates of a domain, each with the command
 * that deletes it. CloudFormation creates them with a certificate and leaves them
 * (aws-cloudformation/cloudformation-coverage-roadmap#1603). They cost nothing. All certificates of
 * the same name in the account share one, and are not renewed without it, so `destroy` does not
 * delete it.
 * @internal
 */
export const describeRecords = (domain: Domain, records: readonly ResourceRecordSet[]): string[] =>
  records.filter(isValidationOf(domain)).map((record) => {
    const { Name, Type, TTL, ResourceRecords } = record;
    const batch = { Changes: [{ Action: 'DELETE', ResourceRecordSet: { Name, Type, TTL, ResourceRecords } }] };
    const command = `aws route53 change-resource-record-sets --hosted-zone-id ${domain.hostedZoneId} --change-batch '${JSON.stringify(batch)}'`;
    return `${Name} (CNAME), because every certificate of this name in the account is renewed with it. If there is none: ${command}`;
  });

/** Lists the validation records of a domain that stay, as {@link describeRecords} describes them. */
export const listValidationRecords = async (
  { route53 }: Pick<Account, 'route53'>,
  { domain }: Pick<Environment, 'domain'>,
): Promise<string[]> => {
  if (domain === undefined) return [];
  try {
    return describeRecords(domain, await listRecords({ route53 }, domain.hostedZoneId));
  } catch (error) {
    return [`the validation records of ${domain.name} in ${domain.hostedZoneId}; not listed: ${explain(error).what}`];
  }
};

const listRecords = async (
  { route53 }: Pick<Account, 'route53'>,
  HostedZoneId: string,
): Promise<ResourceRecordSet[]> => {
  const records: ResourceRecordSet[] = [];
  let start: Pick<ListResourceRecordSetsCommandInput, 'StartRecordName' | 'StartRecordType' | 'StartRecordIdentifier'> =
    {};
  for (;;) {
    const page = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId, ...start }));
    records.push(...(page.ResourceRecordSets ?? []));
    if (page.IsTruncated !== true) return records;
    start = {
      StartRecordName: page.NextRecordName,
      StartRecordType: page.NextRecordType,
      StartRecordIdentifier: page.NextRecordIdentifier,
    };
  }
};
