import type { Answer } from '@sluice/fault-tests/post.ts';
import type { Request } from './requests.ts';

/** The meaning of an answer for its request. */
export type Verdict = {
  /** The status, and the code of a problem: `503 queue_full`. */
  readonly answer: string;
  readonly isAcknowledged: boolean;
  /** True if the request was refused for good, so that nothing of it may be recorded. */
  readonly isRefused: boolean;
  readonly lie?: string;
};

// Without a producer that is ready the balancer answers itself, and without an answer of one.
const ofBalancer = new Set([502, 503, 504]);

/** Evaluates an answer by the contract of the API. */
export const evaluateAnswer = (request: Request, { status, text }: Answer): Verdict => {
  const body = parse(text);
  const answer = `${status}${typeof body['code'] === 'string' ? ` ${body['code']}` : ''}`;
  const isRefused = status >= 400 && status < 500;
  const lie = findLie(request, status, body);
  return {
    answer,
    isAcknowledged: status === 201,
    isRefused,
    ...(lie === undefined ? {} : { lie: `${lie}: ${answer} ${text}` }),
  };
};

const findLie = ({ isValid, path, first, length }: Request, status: number, body: Body): string | undefined => {
  if (status === 201) {
    if (!isValid) return 'acknowledged an invalid request';
    const isTrue = path === '/count' ? body['value'] === first : body['accepted'] === length;
    return isTrue ? undefined : 'acknowledged something else';
  }
  if (status >= 400 && status < 500) return isValid ? 'refused a valid request' : undefined;
  return ofBalancer.has(status) ? undefined : 'an answer of no contract';
};

type Body = Readonly<Record<string, unknown>>;

const parse = (text: string): Body => {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    // The pages of the balancer are HTML.
    return {};
  }
};
