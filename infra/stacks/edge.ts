import { Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';

type Firewall = NonNullable<Environment['firewall']>;
type Domain = NonNullable<Environment['domain']>;

/**
 * The resources that CloudFront takes only from us-east-1: the certificate of the domain, and the
 * firewall.
 */
export class EdgeStack extends Stack {
  readonly certificate: Certificate | undefined;
  readonly firewall: CfnWebACL | undefined;

  constructor(scope: Construct, id: string, props: StackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    const { domain, firewall, name } = props.environment;
    this.certificate = domain === undefined ? undefined : this.createCertificate(domain);
    this.firewall = firewall === undefined ? undefined : this.createFirewall(name, firewall);
  }

  private createCertificate({ name, hostedZoneId }: Domain): Certificate {
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: name });
    return new Certificate(this, 'Certificate', {
      domainName: name,
      validation: CertificateValidation.fromDns(zone),
    });
  }

  private createFirewall(environment: string, { requestsPerFiveMinutes }: Firewall): CfnWebACL {
    return new CfnWebACL(this, 'Firewall', {
      name: `sluice-${environment}`,
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visibility(`sluice-${environment}`),
      rules: [
        {
          // The first rule, so that an address beyond its rate costs no more than this rule.
          name: 'rate',
          priority: 0,
          action: { block: {} },
          statement: {
            rateBasedStatement: { aggregateKeyType: 'IP', limit: requestsPerFiveMinutes, evaluationWindowSec: 300 },
          },
          visibilityConfig: visibility(`sluice-${environment}-rate`),
        },
        ...managedGroups.map((group, index) => managedRule(environment, group, index + 1)),
      ],
    });
  }
}

type ManagedGroup = {
  readonly name: string;
  /** Rules of the group that only count here. */
  readonly counted: readonly string[];
};

/**
 * The rule groups that AWS keeps up to date ("Baseline rule groups", "IP reputation rule groups" of
 * the WAF guide). They use 925 of the 1,500 capacity units that a web ACL has without a surcharge.
 * WAF reads the first 16 KiB of a body and forwards the rest unread.
 */
const managedGroups: readonly ManagedGroup[] = [
  { name: 'AWSManagedRulesAmazonIpReputationList', counted: [] },
  // Bodies are data that is recorded as it is, and never run: a row may hold HTML, an address, a path
  // or what looks like an attack. So the rules of bodies only count.
  { name: 'AWSManagedRulesKnownBadInputsRuleSet', counted: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY'] },
  {
    name: 'AWSManagedRulesCommonRuleSet',
    // The first would block bodies over 8 KiB, but POST /counts accepts 1 MiB. The last would block
    // clients without a User-Agent, which programs that post may omit. Envoy and the API limit both
    // themselves.
    counted: [
      'SizeRestrictions_BODY',
      'CrossSiteScripting_BODY',
      'EC2MetaDataSSRF_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
      'NoUserAgent_HEADER',
    ],
  },
];

const managedRule = (
  environment: string,
  { name, counted }: ManagedGroup,
  priority: number,
): CfnWebACL.RuleProperty => ({
  name,
  priority,
  // Keep the actions of the group's own rules.
  overrideAction: { none: {} },
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name,
      ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
    },
  },
  visibilityConfig: visibility(`sluice-${environment}-${name}`),
});

const visibility = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  metricName,
  sampledRequestsEnabled: true,
});
