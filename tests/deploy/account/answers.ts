import type { AwsAnswer } from './front.ts';
import type { Event, Stack } from './stack.ts';

export const readParameters = (form: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...form.keys()]
      .filter((key) => key.endsWith('.ParameterKey'))
      .map((key) => [form.get(key) ?? '', form.get(key.replace(/Key$/, 'Value')) ?? '']),
  );

export const describe = ({ name, id, status, parameters, isProtected }: Stack): string => {
  const members = Object.entries(parameters).map(
    ([key, value]) =>
      `<member><ParameterKey>${key}</ParameterKey><ParameterValue>${escape(value)}</ParameterValue></member>`,
  );
  return `<StackName>${name}</StackName><StackId>${id}</StackId><StackStatus>${status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Parameters>${members.join('')}</Parameters><EnableTerminationProtection>${isProtected}</EnableTerminationProtection>`;
};

export const toXml = ({ name, id, physicalIds }: Stack, event: Event): string =>
  `<member><StackId>${id}</StackId><StackName>${name}</StackName><EventId>${event.id}</EventId><LogicalResourceId>${event.resource}</LogicalResourceId><PhysicalResourceId>${escape(physicalIds.get(event.resource) ?? '')}</PhysicalResourceId><ResourceType>${event.type}</ResourceType><ResourceStatus>${event.status}</ResourceStatus><ResourceStatusReason>${escape(event.reason)}</ResourceStatusReason><Timestamp>${event.at}</Timestamp></member>`;

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const answer = (status: number, body: string): AwsAnswer => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: Buffer.from(body),
});

export const succeed = (action: string, result: string): AwsAnswer =>
  answer(
    200,
    `<${action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></${action}Response>`,
  );

export const refuse = (message: string, code = 'ValidationError'): AwsAnswer =>
  answer(
    400,
    `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>`,
  );
