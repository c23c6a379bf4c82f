import { endOfString } from '@sluice/contract/parse-json.ts';

/** An object or a list that is open. `names` is undefined for a list, and for what is ignored. */
type Frame = { readonly names: Set<string> | undefined; index: number; name: string };

/**
 * Returns the place of a name that an object has twice as a JSON pointer (RFC 6901), or
 * `undefined`. `text` must be JSON that was parsed before. JSON.parse silently takes the last of the
 * two, and RFC 8259 §4 leaves open which one counts.
 *
 * @param maxDepth Ignores objects that are nested deeper. A body that is an object has depth 1.
 */
export const findRepeatedName = (text: string, maxDepth = Infinity): string | undefined => {
  const frames: Frame[] = [];
  let isAtName = false;
  for (let at = 0; at < text.length; at += 1) {
    const top = frames.at(-1);
    switch (text.charCodeAt(at)) {
      case 0x7b: // {
        frames.push({ names: frames.length < maxDepth ? new Set() : undefined, index: 0, name: '' });
        isAtName = true;
        break;
      case 0x5b: // [
        frames.push({ names: undefined, index: 0, name: '' });
        break;
      case 0x7d: // }
      case 0x5d: // ]
        frames.pop();
        isAtName = false;
        break;
      case 0x2c: // ,
        if (top !== undefined) top.index += 1;
        isAtName = top?.names !== undefined;
        break;
      case 0x22: {
        const end = endOfString(text, at);
        if (isAtName && top?.names !== undefined) {
          top.name = nameOf(text.slice(at, end + 1));
          if (top.names.has(top.name)) return pointerTo(frames);
          top.names.add(top.name);
          isAtName = false;
        }
        at = end;
        break;
      }
      default:
    }
  }
  return undefined;
};

/** Returns the name that a JSON string has: `\u0061` is the same name as `a`. */
const nameOf = (quoted: string): string => (quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1));

const longestNameShown = 64;

const pointerTo = (frames: readonly Frame[]): string =>
  frames
    .map(({ names, index, name }) =>
      names === undefined
        ? `/${index}`
        : `/${name.slice(0, longestNameShown).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`,
    )
    .join('');

/** Formats a JSON pointer as a URI fragment (RFC 6901 §6). */
export const fragmentOf = (pointer: string): string => `#${pointer.split('/').map(encodeURIComponent).join('/')}`;
