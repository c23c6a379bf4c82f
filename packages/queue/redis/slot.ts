/** Number of slots in a Redis Cluster. */
export const slotCount = 16_384;

/**
 * Computes the slot of a key: CRC-16 (XMODEM) of its hash tag, or of the whole key without one. The
 * hash tag is the text between the first `{` and the next `}`.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
 */
export const slotOf = (key: string): number => {
  const start = key.indexOf('{');
  const end = start === -1 ? -1 : key.indexOf('}', start + 1);
  const hashed = end > start + 1 ? key.slice(start + 1, end) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % slotCount;
};
