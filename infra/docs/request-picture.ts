import * as z from 'zod';
import type { StackTemplate } from '../policy/template.ts';

type Step = { readonly name: string; readonly lines: readonly string[] };

const boxWidth = 168;
const boxHeight = 84;
const gap = 48;
const perRow = 5;

/** The way of a request through an environment, and of its count after it, as an SVG drawn from the templates. */
export const requestPicture = (title: string, templates: readonly StackTemplate[]): string => {
  const steps = stepsOf(templates);
  const width = 48 + perRow * boxWidth + (perRow - 1) * gap;
  const height = 64 + Math.ceil(steps.length / perRow) * (boxHeight + 56);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="14" role="img" aria-label="${title}: ${steps.map(({ name }) => name).join(', ')}">
  <style>
    .box { fill: #fff; stroke: #24567a; stroke-width: 1.5 }
    .line { fill: none; stroke: #24567a; stroke-width: 1.5; marker-end: url(#tip) }
    .name { font-weight: 600; fill: #16232d; text-anchor: middle }
    .note { fill: #52636f; font-size: 12px; text-anchor: middle }
  </style>
  <defs>
    <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#24567a"/></marker>
  </defs>
  <rect width="${width}" height="${height}" fill="#fff"/>
  <text class="name" x="24" y="34" style="text-anchor: start">${title}</text>
${steps.map((step, index) => drawStep(step, index, index === steps.length - 1)).join('\n')}
</svg>
`;
};

const place = (index: number) => ({
  x: 24 + (index % perRow) * (boxWidth + gap),
  y: 64 + Math.floor(index / perRow) * (boxHeight + 56),
});

const drawStep = ({ name, lines }: Step, index: number, isLast: boolean): string => {
  const { x, y } = place(index);
  const middle = x + boxWidth / 2;
  const next = place(index + 1);
  const arrow =
    next.y === y
      ? `M${x + boxWidth} ${y + boxHeight / 2}H${next.x - 2}`
      : `M${middle} ${y + boxHeight}V${y + boxHeight + 28}H${next.x + boxWidth / 2}V${next.y - 2}`;
  return [
    `  <rect class="box" x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="6"/>`,
    `  <text class="name" x="${middle}" y="${y + 24}">${name}</text>`,
    ...lines.map((line, row) => `  <text class="note" x="${middle}" y="${y + 44 + row * 16}">${line}</text>`),
    ...(isLast ? [] : [`  <path class="line" d="${arrow}"/>`]),
  ].join('\n');
};

const distribution = z.object({
  DistributionConfig: z.object({
    HttpVersion: z.string(),
    Origins: z.array(z.object({ VpcOriginConfig: z.object({ OriginReadTimeout: z.number() }).optional() })),
  }),
});
const origin = z.object({ VpcOriginEndpointConfig: z.object({ OriginProtocolPolicy: z.string() }) });
const balancer = z.object({ LoadBalancerAttributes: z.array(z.object({ Key: z.string(), Value: z.unknown() })) });
const target = z.object({ Port: z.number(), HealthCheckPath: z.string() });
const scaling = z.object({ MinCapacity: z.number(), MaxCapacity: z.number() });
const database = z.object({ EngineVersion: z.string(), DBInstanceClass: z.string(), MultiAZ: z.boolean() });

/** Throws where a part of the way is not in the templates. */
const stepsOf = (templates: readonly StackTemplate[]): Step[] => {
  const find = (type: string, start = '') =>
    templates
      .flatMap(({ Resources }) => Object.entries(Resources))
      .find(([id, { Type }]) => Type === type && id.startsWith(start))?.[1].Properties;
  const { HttpVersion, Origins } = distribution.parse(find('AWS::CloudFront::Distribution')).DistributionConfig;
  const seconds = Origins.map(({ VpcOriginConfig }) => VpcOriginConfig?.OriginReadTimeout).find(Boolean);
  const { OriginProtocolPolicy } = origin.parse(find('AWS::CloudFront::VpcOrigin')).VpcOriginEndpointConfig;
  const { LoadBalancerAttributes } = balancer.parse(find('AWS::ElasticLoadBalancingV2::LoadBalancer'));
  const idle = String(LoadBalancerAttributes.find(({ Key }) => Key === 'idle_timeout.timeout_seconds')?.Value);
  const { Port, HealthCheckPath } = target.parse(find('AWS::ElasticLoadBalancingV2::TargetGroup'));
  const tasksOf = (service: string): string => {
    const { MinCapacity, MaxCapacity } = scaling.parse(find('AWS::ApplicationAutoScaling::ScalableTarget', service));
    return MinCapacity === MaxCapacity ? String(MinCapacity) : `${MinCapacity} to ${MaxCapacity}`;
  };
  const { EngineVersion, DBInstanceClass, MultiAZ } = database.parse(find('AWS::RDS::DBInstance'));
  const isServerless = find('AWS::ElastiCache::ServerlessCache') !== undefined;
  const durability = z.object({ Durability: z.string() });
  return [
    { name: 'Browser', lines: ['HTTPS'] },
    { name: 'CloudFront', lines: [HttpVersion, `waits ${seconds} s`, 'takes /api away'] },
    { name: 'VPC origin', lines: [OriginProtocolPolicy] },
    { name: 'Load balancer', lines: ['private addresses alone', `waits ${idle} s`, `asks ${HealthCheckPath}`] },
    { name: 'Envoy', lines: [`port ${Port}`, 'in the producer’s task'] },
    { name: 'Producer', lines: [`${tasksOf('Producer')} tasks`, 'answers when Valkey has it'] },
    {
      name: 'Valkey',
      lines: isServerless
        ? ['serverless']
        : ['nodes', `durability ${durability.parse(find('AWS::ElastiCache::ReplicationGroup')).Durability}`],
    },
    { name: 'Consumer', lines: [`${tasksOf('Consumer')} tasks`, 'many counts a transaction'] },
    {
      name: 'MySQL',
      lines: [EngineVersion, DBInstanceClass, MultiAZ ? 'a standby in another zone' : 'one zone'],
    },
  ];
};
