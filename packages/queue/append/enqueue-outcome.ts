/**
 * The outcome of a request's counts:
 * - `acknowledged`: Redis, and the required number of replicas, hold them.
 * - `full`: the queue refused them.
 * - `key_reused`: the key came before with other counts.
 * - `keys_full`: the queue accepts no new keys now.
 * - `key_quota_exceeded`: the queue accepts no new keys of this client.
 * - `unavailable`: no acknowledgement came in time. They may or may not be recorded, but never
 *   twice.
 */
export type EnqueueOutcome =
  | 'acknowledged'
  | 'full'
  | 'unavailable'
  | 'key_reused'
  | 'keys_full'
  | 'key_quota_exceeded';
