import { setTimeout as pause } from 'node:timers/promises';
import { withDeadline } from '@sluice/async/with-deadline.ts';
import * as z from 'zod';

/**
 * A custom resource of CloudFormation, without a framework. The Lambda is its ServiceToken.
 *
 * CloudFormation invokes the function with an event that has a presigned `ResponseURL`. It waits up
 * to an hour until a JSON document is PUT there. So every event with an address gets an answer:
 * SUCCESS, or FAILED with its reason, even when the function is about to time out. Shapes:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html and
 * crpg-ref-responses.html.
 */

const address = z.object({
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
});

const properties = z.looseObject({
  /**
   * A file next to the function. It is imported under its own ids, and only once, because the
   * ledger records which files it has.
   */
  ImportFile: z
    .string()
    .regex(/^[\w-][\w.-]*\.sql(?:\.gz|\.zst)?$/, 'must be the name of an .sql, .sql.gz or .sql.zst file')
    .optional(),
});

const request = z.discriminatedUnion('RequestType', [
  z.object({ RequestType: z.enum(['Create', 'Update']), ResourceProperties: properties }),
  // Accepts any properties: those that made Create fail must not make Delete fail too.
  z.object({ RequestType: z.literal('Delete') }),
]);

type Address = z.output<typeof address>;

/**
 * The properties of the resource in the template. CloudFormation sends an update only when a
 * property has changed.
 */
export type Properties = z.output<typeof properties>;

/** The part of a Lambda's context that the handler needs. */
type Context = { readonly getRemainingTimeInMillis: () => number };

// Constant: with another id, CloudFormation would replace the resource.
const physicalResourceId = 'sluice-database';
// Time reserved for the answer.
const marginMs = 8_000;
const answerWithinMs = 2_000;
const answerAttempts = 3;
const pauseMs = 200;
// The answer may have 4,096 bytes.
const longestReason = 1_000;

/**
 * Creates the handler. It calls `apply` at Create and Update to bring the database to the given
 * properties. `apply` must be safe to repeat. Delete changes nothing: the data is deleted with the
 * database. The promise rejects only if no answer could be sent. Lambda then invokes the handler
 * again.
 */
export const createCustomResource =
  (apply: (given: Properties) => Promise<void>) =>
  async (event: unknown, context: Context): Promise<void> => {
    const to = address.parse(event);
    try {
      await withDeadline(
        () => handle(event, apply),
        context.getRemainingTimeInMillis() - marginMs,
        () => new Error('The set-up did not finish within the timeout of the function. It is safe to run it again'),
      );
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

const answer = async (to: Address, outcome: { Status: string; Reason?: string }): Promise<void> => {
  const { ResponseURL, PhysicalResourceId = physicalResourceId, StackId, RequestId, LogicalResourceId } = to;
  const document = { ...outcome, PhysicalResourceId, StackId, RequestId, LogicalResourceId };
  // Bytes, because fetch sends a Content-Type for text, and the URL was signed without one.
  const body = Buffer.from(JSON.stringify(document));
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { ok, status } = await fetch(ResponseURL, {
        method: 'PUT',
        body,
        signal: AbortSignal.timeout(answerWithinMs),
      });
      if (ok) return;
      throw new Error(`The response URL of CloudFormation returned ${status}`);
    } catch (error) {
      if (attempt === answerAttempts) throw error;
      await pause(pauseMs);
    }
  }
};

/**
 * Formats the cause for the person who deploys. Errors of ledger, secrets and configuration have no
 * secrets in their messages.
 */
const reasonOf = (error: unknown): string => {
  if (error instanceof z.ZodError)
    return `The properties are invalid: ${z.prettifyError(error)}`.slice(0, longestReason);
  if (!(error instanceof Error)) return 'An unknown error';
  const code = 'code' in error ? `${String(error.code)}: ` : '';
  return `${code}${error.message}`.slice(0, longestReason);
};
