import type { AwsAnswer, AwsRequest, Rule } from './account/front.ts';

/**
 * Creates an AWS error in the protocol of its service: XML for form-encoded services ("Common error
 * types" of each API reference), JSON for the others.
 */
const refusal = ({ headers }: AwsRequest, status: number, code: string, message: string): AwsAnswer => {
  const isJson = headers['x-amz-target'] !== undefined;
  return isJson
    ? {
        status,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: Buffer.from(JSON.stringify({ __type: code, message })),
      }
    : {
        status,
        headers: { 'content-type': 'text/xml' },
        body: Buffer.from(
          `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>0</RequestId></ErrorResponse>`,
        ),
      };
};

/**
 * Answers as AWS does for expired temporary credentials ("Common errors": ExpiredTokenException;
 * STS and CloudFormation: ExpiredToken).
 */
export const expireCredentials: Rule = (request) =>
  Promise.resolve(
    refusal(
      request,
      403,
      request.headers['x-amz-target'] === undefined ? 'ExpiredToken' : 'ExpiredTokenException',
      'The security token included in the request is expired',
    ),
  );

/**
 * Answers as AWS does when it throttles ("Common errors": ThrottlingException; the older query
 * APIs: Throttling).
 */
export const throttle =
  (service: string): Rule =>
  async (request) =>
    request.service === service
      ? refusal(
          request,
          400,
          request.headers['x-amz-target'] === undefined ? 'Throttling' : 'ThrottlingException',
          'Rate exceeded',
        )
      : undefined;

/** Answers as STS does to a caller that may assume only some roles. */
export const denyOtherRoles =
  (allowed: readonly string[]): Rule =>
  async (request) => {
    if (request.service !== 'sts' || request.action !== 'AssumeRole') return undefined;
    const role = new URLSearchParams(request.body.toString()).get('RoleArn') ?? '';
    if (allowed.includes(role)) return undefined;
    return refusal(
      request,
      403,
      'AccessDenied',
      `User: arn:aws:iam::444444444444:user/x is not authorized to perform: sts:AssumeRole on resource: ${role}`,
    );
  };

/** Answers as IAM does to a caller that may not create service-linked roles. */
export const denyServiceRoles: Rule = async (request) =>
  request.action === 'CreateServiceLinkedRole'
    ? refusal(
        request,
        403,
        'AccessDenied',
        'User: arn:aws:iam::222222222222:user/x is not authorized to perform: iam:CreateServiceLinkedRole',
      )
    : undefined;

/** Answers as ECR does to a push that IAM denies ("Amazon ECR error messages": denied). */
export const denyPush: Rule = async ({ action }) =>
  /^POST .*\/blobs\/uploads\//.test(action)
    ? {
        status: 403,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(
          JSON.stringify({
            errors: [
              {
                code: 'DENIED',
                message: 'User: arn:aws:iam::222222222222:user/x is not authorized to perform: ecr:InitiateLayerUpload',
              },
            ],
          }),
        ),
      }
    : undefined;
