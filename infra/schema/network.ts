import * as z from 'zod';
import { regionNames, regions } from './regions.ts';

/** The schema of the network of an environment. */
export const networkSchema = z.strictObject({
  cidr: z
    .cidrv4()
    .describe('Address range of the network; those of two environments must not overlap, so that you can peer them'),
  zones: z
    .array(z.string())
    .min(2, 'must be at least two: the load balancer, MySQL and Valkey need a second zone')
    .describe('Availability zones; each has a public and a private subnet'),
  nat: z
    .enum(['gateway', 'instance', 'none'])
    .describe(
      '`gateway`: AWS’s NAT gateways. `instance`: a machine that does the same for 30 % of the cost. `none`: tasks reach only endpoints',
    ),
  natGateways: z
    .int()
    .min(0)
    .describe('NAT gateways or instances; with only one, all zones depend on its zone; 0 if `nat` is `none`'),
  hasInterfaceEndpoints: z
    .boolean()
    .describe(
      'Tasks reach ECR, CloudWatch Logs and Secrets Manager through VPC endpoints, and nothing else outside the network',
    ),
  hasFlowLogs: z.boolean().describe('Logs every connection (VPC flow logs)'),
});

const zonesAreOfRegion = z
  .object({ region: z.enum(regionNames), network: z.object({ zones: z.array(z.string()) }) })
  .superRefine(({ region, network }, context) => {
    const known: readonly string[] = regions[region].zones;
    for (const [index, zone] of network.zones.entries()) {
      const path = ['network', 'zones', index];
      if (!known.includes(zone))
        context.addIssue({
          code: 'custom',
          path,
          message: `${zone} is not a zone of ${region}: ${known.join(', ')}`,
        });
      if (network.zones.indexOf(zone) !== index)
        context.addIssue({ code: 'custom', path, message: `${zone} is listed twice` });
    }
  });

const gatewaysHaveZones = z
  .object({ network: z.object({ zones: z.array(z.string()), natGateways: z.int() }) })
  .refine(({ network }) => network.natGateways <= network.zones.length, {
    error: 'must not be more than zones',
    path: ['network', 'natGateways'],
  });

const gatewaysAreOfKind = z
  .object({
    network: z.object({ nat: z.string(), natGateways: z.int().min(0), hasInterfaceEndpoints: z.boolean() }),
  })
  .superRefine(({ network: { nat, natGateways, hasInterfaceEndpoints } }, context) => {
    const path = ['network', 'natGateways'];
    if (nat === 'none' && natGateways !== 0)
      context.addIssue({ code: 'custom', path, message: "must be 0 if nat is 'none'" });
    if (nat === 'gateway' && natGateways === 0)
      context.addIssue({ code: 'custom', path, message: "must be at least 1 if nat is 'gateway'" });
    // Each zone would need a machine to patch and to watch. AWS does that for gateways.
    if (nat === 'instance' && natGateways !== 1)
      context.addIssue({ code: 'custom', path, message: "must be 1 if nat is 'instance'; for more use 'gateway'" });
    if (nat === 'none' && !hasInterfaceEndpoints)
      context.addIssue({
        code: 'custom',
        path: ['network', 'nat'],
        message: "must not be 'none' without hasInterfaceEndpoints: tasks could reach no AWS service",
      });
  });

/** Rules that compare values of a network, with each other and with the region. */
export const networkRules = [zonesAreOfRegion, gatewaysHaveZones, gatewaysAreOfKind];
