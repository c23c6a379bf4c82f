import type { StackTemplate } from '@sluice/infra/policy/template.ts';
import * as z from 'zod';

const withPath = z.looseObject({ Metadata: z.looseObject({ 'aws:cdk:path': z.string() }) });

/**
 * Names the resources of a template as the code does: `Producer/Service` instead of
 * `ProducerServiceService95EAE7A0`. Other resources keep their id.
 */
export const namesIn =
  ({ stack, Resources }: StackTemplate): ((id: string) => string) =>
  (id) => {
    const path = withPath.safeParse(Resources[id]).data?.Metadata['aws:cdk:path'];
    return path === undefined ? id : path.replace(`${stack}/`, '').replace(/(?:\/(?:Resource|Default))+$/, '');
  };
