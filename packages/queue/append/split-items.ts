import type { EntryCodec } from '@sluice/contract/entry-codec.ts';

/** Splits items into those of one entry each, in order. */
export const splitItems = <Item>(items: readonly Item[], codec: EntryCodec<Item>): (readonly Item[])[] => {
  const { maxItems, maxBytes, bytesOf } = codec;
  if (bytesOf(items) <= maxBytes) return splitByNumber(items, maxItems);
  const chunks: Item[][] = [];
  let room = 0;
  let roomBytes = 0;
  for (const item of items) {
    const bytes = bytesOf([item]);
    if (room === 0 || bytes > roomBytes) {
      chunks.push([]);
      room = maxItems;
      roomBytes = maxBytes;
    }
    chunks.at(-1)?.push(item);
    room -= 1;
    roomBytes -= bytes;
  }
  return chunks;
};

const splitByNumber = <Item>(items: readonly Item[], most: number): (readonly Item[])[] => {
  if (items.length <= most) return [items];
  const chunks: (readonly Item[])[] = [];
  for (let start = 0; start < items.length; start += most) chunks.push(items.slice(start, start + most));
  return chunks;
};
