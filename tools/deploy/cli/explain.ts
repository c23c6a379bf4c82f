/** A problem that stops a command: what it is, where it is, and how to fix it. */
export type Issue = { readonly what: string; readonly where: string; readonly fix: string };

/**
 * The error for a command that cannot continue, with known reasons. The message has all of them.
 */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[], options?: ErrorOptions) {
    super(issues.map(formatIssue).join('\n\n'), options);
    this.issues = issues;
  }
}

/** Formats a problem in three lines. */
export const formatIssue = ({ what, where, fix }: Issue): string => `✗ ${what}\n  where  ${where}\n  fix    ${fix}`;

/** The failed call of each error. AWS's errors do not contain it. */
const places = new WeakMap<Error, string>();

/** Records the call that caused an error, for {@link explain}. */
export const notePlace = (error: unknown, place: string): void => {
  if (error instanceof Error) places.set(error, place);
};

type Kind = {
  /** Names of errors, as the services document them ("Common errors" of each). */
  readonly names: readonly string[];
  /** A pattern for the message, if the name is not enough. */
  readonly said?: RegExp;
  readonly what: string;
  readonly fix: string;
};

const again = 'run the same command again: it resumes where it stopped';

const kinds: readonly Kind[] = [
  {
    names: ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenProviderError', 'TokenRefreshRequired'],
    what: 'The credentials have expired',
    fix: `renew them (aws sso login --profile PROFILE, or as you got them), then ${again}`,
  },
  {
    names: [
      'AuthFailure',
      'InvalidAccessKeyId',
      'InvalidClientTokenId',
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
      'UnrecognizedClientException',
    ],
    what: 'AWS does not recognize these credentials',
    fix: 'check the profile in ~/.aws (aws sts get-caller-identity --profile PROFILE), and that the region is enabled for its account',
  },
  {
    names: ['CredentialsProviderError'],
    what: 'No AWS credentials were found',
    fix: 'select a profile (--profile PROFILE), or create one (aws configure sso)',
  },
  {
    names: ['AccessDenied', 'AccessDeniedException', 'UnauthorizedException', 'UnauthorizedOperation'],
    what: 'The credentials lack a permission',
    fix: 'grant it to the role or user (docs/guides/aws.md lists what a deployment needs), or use another profile',
  },
  {
    names: [
      'BandwidthLimitExceeded',
      'EC2ThrottledException',
      'RequestLimitExceeded',
      'RequestThrottled',
      'SlowDown',
      'Throttling',
      'ThrottlingException',
      'ThrottledException',
      'TooManyRequestsException',
    ],
    what: 'AWS throttled the call, even after retries with backoff',
    fix: `wait a minute, then ${again}`,
  },
  {
    names: ['RequestTimeTooSkewed'],
    what: 'The clock of this machine is wrong, so AWS rejects its signatures',
    fix: 'synchronize it (timedatectl set-ntp true), then run the same command again',
  },
  {
    names: ['OptInRequired', 'SubscriptionRequiredException'],
    what: 'The account has no access to this service in this region',
    fix: 'enable the region or the service in the console ("Account", "AWS Regions")',
  },
  {
    names: ['NotImplemented', 'UnknownOperationException', '501'],
    // The SDK's messages for an answer that is not from AWS.
    said: /XML parse error|Deserialization error/,
    what: 'The endpoint does not support this call',
    fix: 'unset AWS_ENDPOINT_URL to reach AWS: this endpoint is an emulator',
  },
  {
    names: [
      'InternalFailure',
      'InternalError',
      'InternalServerError',
      'ServiceUnavailable',
      'ServiceUnavailableException',
    ],
    what: 'AWS reported an internal error',
    fix: `${again}; if the error persists, check https://health.aws.amazon.com`,
  },
  {
    names: [
      'ECONNREFUSED',
      'ECONNRESET',
      'EAI_AGAIN',
      'ENETUNREACH',
      'ENOTFOUND',
      'ETIMEDOUT',
      'NetworkingError',
      'TimeoutError',
    ],
    what: 'AWS cannot be reached',
    fix: `check the network, and AWS_ENDPOINT_URL if it is set, then ${again}`,
  },
];

/** Returns the name of an error: a code of Node's, or the name that AWS gave it. */
export const nameOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name;
};

/** Explains any failure in plain words. An unknown failure keeps its message, with its place. */
export const explain = (error: unknown): Issue => {
  if (!(error instanceof Error)) {
    return {
      what: String(error),
      where: 'unknown',
      fix: 'run the same command again, and report the error if it persists',
    };
  }
  const where = places.get(error) ?? 'this machine';
  const name = nameOf(error);
  const kind = kinds.find(
    ({ names, said }) => names.includes(name) || names.includes(error.name) || said?.test(error.message) === true,
  );
  const message = error.message.trim().replaceAll(/\s+/g, ' ');
  if (kind === undefined) {
    return { what: message === '' ? name : message, where: `${where} (${name})`, fix: again };
  }
  // Here the message is only noise of a parser.
  const isNoise = message === '' || message === 'UnknownError' || kind.said?.test(message) === true;
  return {
    what: isNoise ? kind.what : `${kind.what}: ${message}`,
    where: `${where} (${name})`,
    fix: kind.fix,
  };
};

/** Returns the problems of any failure. */
export const issuesOf = (error: unknown): readonly Issue[] =>
  error instanceof CommandError ? error.issues : [explain(error)];
