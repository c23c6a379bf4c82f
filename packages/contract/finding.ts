import * as z from 'zod/mini';

/** The schema of a finding: a precondition of Redis or MySQL that does not hold. */
export const finding = z.object({
  code: z
    .enum([
      'redis_too_old',
      'redis_evicts',
      'redis_not_persistent',
      'queue_of_another_database',
      'mysql_too_old',
      'mysql_read_only',
      'mysql_packet_small',
      'mysql_not_durable',
      'table_missing',
      'table_differs',
      'table_undeclared',
    ])
    .with(z.describe('Stable, for programs.')),
  severity: z
    .enum(['refused', 'warning'])
    .with(
      z.describe(
        '`refused`: the producers refuse counts, because they could be lost. `warning`: a failure of a server could lose counts, or rows of a table wait.',
      ),
    ),
  detail: z.string().with(z.describe('The problem, its place, and the fix.')),
});

/** A precondition of Redis or MySQL that does not hold. */
export type Finding = z.infer<typeof finding>;
