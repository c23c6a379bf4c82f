/**
 * The types of resources that a template protects from deletion. CloudFormation cannot delete them
 * until a command disables their protection.
 */
export const protectedTypes = ['AWS::ElasticLoadBalancingV2::LoadBalancer', 'AWS::RDS::DBInstance'] as const;
