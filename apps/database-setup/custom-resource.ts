import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';

/**
 * A custom resource of CloudFormation, on the Lambda that is its ServiceToken, without a framework between them.
 *
 * CloudFormation invokes the function with an event that has a presigned `ResponseURL`, and waits until a JSON document is PUT
 * there, up to an hour if nobody does. So there is an answer to every event that has an address: SUCCESS, or FAILED with its
 * reason, also when the time of the function is about to end. Shapes:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html and crpg-ref-responses.html.
 */

const address = z.object({
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
});

const properties = z.looseObject({
  /** A file beside the function, imported under its own ids; once, because the ledger knows the files that it has. */
  ImportFile: z
    .string()
    .regex(/^[\w-][\w.-]*\.sql(?:\.gz|\.zst)?$/, 'must be the name of an .sql, .sql.gz or .sql.zst file')
    .optional(),
});

const request = z.discriminatedUnion('RequestType', [
  z.object({ RequestType: z.enum(['Create', 'Update']), ResourceProperties: properties }),
  // Whatever its properties are: those that made Create fail must not make Delete fail too.
  z.object({ RequestType: z.literal('Delete') }),
]);

type Address = z.output<typeof address>;

/** What the template says of the resource. CloudFormation sends an update only when some property has changed. */
export type Properties = z.output<typeof properties>;

/** What of a Lambda's context is needed. */
type Context = { readonly getRemainingTimeInMillis: () => number };

// The same at every event: another one would make CloudFormation replace the resource.
const physicalResourceId = 'sluice-database';
// Left for the answer.
const marginMs = 8_000;
const answerWithinMs = 2_000;
const answerAttempts = 3;
const pauseMs = 200;
// The answer may have 4,096 bytes.
const longestReason = 1_000;

/**
 * Makes the handler. `apply` brings the database to what the properties ask for, and can be repeated; it is called at Create and
 * Update. Delete changes nothing: the data goes with the database. The promise rejects only when no answer could be given; Lambda
 * then invokes again.
 */
export const createCustomResource =
  (apply: (given: Properties) => Promise<void>) =>
  async (event: unknown, context: Context): Promise<void> => {
    const to = address.parse(event);
    try {
      await inTime(handle(event, apply), context.getRemainingTimeInMillis() - marginMs);
    } catch (error) {
      await answer(to, { Status: 'FAILED', Reason: reasonOf(error) });
      return;
    }
    await answer(to, { Status: 'SUCCESS' });
  };

const handle = async (event: unknown, apply: (given: Properties) => Promise<void>): Promise<void> => {
  const asked = request.parse(event);
  if (asked.RequestType !== 'Delete') await apply(asked.ResourceProperties);
};

const inTime = async (work: Promise<void>, withinMs: number): Promise<void> => {
  const done = new AbortController();
  const late = async () => {
    await pause(Math.max(withinMs, 0), undefined, { signal: done.signal });
    throw new Error("The database was not set up within the function's time; it is safe to try again");
  };
  try {
    await Promise.race([work, late()]);
  } finally {
    done.abort();
  }
};

const answer = async (to: Address, outcome: { Status: string; Reason?: string }): Promise<void> => {
  const { ResponseURL, PhysicalResourceId = physicalResourceId, StackId, RequestId, LogicalResourceId } = to;
  const document = { ...outcome, PhysicalResourceId, StackId, RequestId, LogicalResourceId };
  // Bytes, because of text fetch says its type, and the URL was signed without one.
  const body = Buffer.from(JSON.stringify(document));
  for (let attempt = 1; ; attempt += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows the failure of the one before
      const { ok, status } = await fetch(ResponseURL, {
        method: 'PUT',
        body,
        signal: AbortSignal.timeout(answerWithinMs),
      });
      if (ok) return;
      throw new Error(`CloudFormation's address answered ${status}`);
    } catch (error) {
      if (attempt === answerAttempts) throw error;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await pause(pauseMs);
    }
  }
};

/** What went wrong, for the one who deploys. The errors of ledger, secrets and configuration hold no secret in their messages. */
const reasonOf = (error: unknown): string => {
  if (error instanceof z.ZodError)
    return `The properties are at fault: ${z.prettifyError(error)}`.slice(0, longestReason);
  if (!(error instanceof Error)) return 'An unknown error';
  const code = 'code' in error ? `${String(error.code)}: ` : '';
  return `${code}${error.message}`.slice(0, longestReason);
};
