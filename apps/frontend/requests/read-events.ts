// A message of the API is smaller than 1 KB.
const maxMessageLength = 65_536;
const end = { done: true, value: undefined } as const;

/**
 * Reads server-sent events (HTML standard, "Server-sent events") and calls `onData` with the data
 * of each. It stops when the stream ends or breaks, or when a message exceeds 64 KiB. It
 * understands what the API sends: `data`, comments and other fields, with LF or CRLF.
 */
export const readEvents = async (
  stream: ReadableStream<BufferSource>,
  onData: (data: string) => void,
): Promise<void> => {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const next = () => reader.read().catch(() => end);
  let rest = '';
  for (let piece = await next(); !piece.done && rest.length <= maxMessageLength; piece = await next()) {
    const messages = (rest + piece.value).split(/\r?\n\r?\n/);
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const lines = message.split(/\r?\n/).filter((line) => line.startsWith('data:'));
      if (lines.length > 0) onData(lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n'));
    }
  }
};
