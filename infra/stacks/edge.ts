import { Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { Environment } from '../environment.ts';

type Firewall = NonNullable<Environment['firewall']>;
type Domain = NonNullable<Environment['domain']>;

/** What CloudFront takes from us-east-1 alone: the certificate of the domain, and the firewall. */
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
          name: 'rate',
          priority: 0,
          action: { block: {} },
          statement: {
            rateBasedStatement: { aggregateKeyType: 'IP', limit: requestsPerFiveMinutes, evaluationWindowSec: 300 },
          },
          visibilityConfig: visibility(`sluice-${environment}-rate`),
        },
      ],
    });
  }
}

const visibility = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  metricName,
  sampledRequestsEnabled: true,
});
