// An import of `node:http` reads all that it exports, and so loads a client that nothing here needs.
// oxlint-disable-next-line no-restricted-globals -- the one way to it that is no import
export const { createServer, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http');
