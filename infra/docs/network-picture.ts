import { readEdges, type Edge } from '../policy/security-groups.ts';
import type { StackTemplate } from '../policy/template.ts';
import { regions } from '../regions.ts';

type Box = { readonly name: string; readonly x: number; readonly y: number };

const width = 960;
const boxWidth = 140;
const boxHeight = 48;
const top = 96;
const rowHeight = 76;
// The last gap is where lines cross.
const lastGap = 360;

/** Who may talk to whom in a network, as an SVG drawn from the security groups of its template. */
export const networkPicture = (title: string, template: StackTemplate): string => {
  const { into, outOf } = readEdges(template);
  const edges = uniqueOf([...into, ...outOf]);
  const boxes = placeBoxes(edges);
  const height = Math.max(...boxes.map(({ y }) => y)) + boxHeight + 24;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="14" role="img" aria-label="${title}: ${edges.map(sayArrow).join('; ')}">
  <style>
    .box { fill: #fff; stroke: #24567a; stroke-width: 1.5 }
    .outside { fill: #f2f4f5; stroke: #52636f; stroke-width: 1.5; stroke-dasharray: 4 3 }
    .line { fill: none; stroke: #24567a; stroke-width: 1.5; marker-end: url(#tip) }
    .name { font-weight: 600; fill: #16232d; text-anchor: middle }
    .note { fill: #52636f; font-size: 12px }
  </style>
  <defs>
    <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#24567a"/></marker>
  </defs>
  <rect width="${width}" height="${height}" fill="#fff"/>
  <text class="name" x="24" y="34" style="text-anchor: start">${title}</text>
${describe(template)
  .map((line, index) => `  <text class="note" x="24" y="${54 + index * 18}">${line}</text>`)
  .join('\n')}
${edges.map((edge) => drawEdge(edge, boxes)).join('\n')}
${boxes.map((box) => drawBox(box, edges)).join('\n')}
</svg>
`;
};

const uniqueOf = (edges: readonly Edge[]): Edge[] => [...new Map(edges.map((edge) => [sayArrow(edge), edge])).values()];

const sayArrow = ({ from, to, port }: Edge): string => `${nameOf(from)} to ${nameOf(to)} ${port}`;

const prefixLists: ReadonlyMap<string, string> = new Map(
  Object.values(regions).flatMap(({ cloudFrontPrefixList, s3PrefixList }): [id: string, name: string][] => [
    [cloudFrontPrefixList, 'CloudFront'],
    [s3PrefixList, 'S3'],
  ]),
);

/** A group by its name in words, what is outside by what it is. */
const nameOf = (end: string): string => {
  if (end === '0.0.0.0/0') return 'Internet (NAT)';
  return prefixLists.get(end) ?? end.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
};

const isOutside = (end: string): boolean => end === '0.0.0.0/0' || prefixLists.has(end);

/** Who is called by nobody stands left of whom they call; each column is in the order of the code. */
const placeBoxes = (edges: readonly Edge[]): Box[] => {
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  const stepsToEnd = (name: string): number =>
    Math.max(0, ...edges.filter(({ from }) => from === name).map(({ to }) => 1 + stepsToEnd(to)));
  const columns = Map.groupBy(names, stepsToEnd);
  const last = Math.max(...columns.keys());
  const gap = (width - 48 - boxWidth - lastGap) / (last - 1);
  const leftOf = (steps: number): number => (steps === 0 ? width - 24 - boxWidth : 24 + (last - steps) * gap);
  return [...columns].flatMap(([steps, column]) =>
    column.map((name, row) => ({ name, x: leftOf(steps), y: top + row * rowHeight })),
  );
};

/** With the ports on which it is called. */
const drawBox = ({ name, x, y }: Box, edges: readonly Edge[]): string => {
  const ports = [...new Set(edges.filter(({ to }) => to === name).map(({ port }) => port))].join(', ');
  const middle = Math.round(x + boxWidth / 2);
  return `  <rect class="${isOutside(name) ? 'outside' : 'box'}" x="${Math.round(x)}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="6"/>
  <text class="name" x="${middle}" y="${y + (ports === '' ? 29 : 20)}">${nameOf(name)}</text>
  <text class="note" x="${middle}" y="${y + 38}" style="text-anchor: middle">${ports}</text>`;
};

const drawEdge = ({ from, to }: Edge, boxes: readonly Box[]): string => {
  const [start, end] = [from, to].map((name) => boxes.find((box) => box.name === name));
  if (start === undefined || end === undefined) return '';
  const [x1, y1] = [Math.round(start.x + boxWidth), start.y + boxHeight / 2];
  const [x2, y2] = [Math.round(end.x), end.y + boxHeight / 2];
  const bend = Math.round((x2 - x1) * 0.4);
  return `  <path class="line" d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 2} ${y2}"/>`;
};

/** Its addresses, zones and ways out, in two lines. */
const describe = (template: StackTemplate): string[] => {
  const resources = Object.values(template.Resources);
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  const zones = new Set(ofType('AWS::EC2::Subnet').map(({ Properties }) => Properties['AvailabilityZone']));
  const gateways = ofType('AWS::EC2::NatGateway').length;
  const endpoints = ofType('AWS::EC2::VPCEndpoint').map(({ Properties }) =>
    Properties['VpcEndpointType'] === 'Gateway'
      ? 's3'
      : String(Properties['ServiceName']).split('.').slice(3).join('.'),
  );
  const [cidr] = ofType('AWS::EC2::VPC').map(({ Properties }) => String(Properties['CidrBlock']));
  return [
    `${cidr} in ${[...zones].join(', ')}, a public and a private subnet in each`,
    `${gateways} NAT gateway${gateways === 1 ? '' : 's'}; endpoints of ${endpoints.join(', ')}`,
  ];
};
