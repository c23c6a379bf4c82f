// An import of `node:http` reads all its exports, and so loads a client that nothing here needs.
// oxlint-disable-next-line no-restricted-globals -- the only way to load it without an import
export const { createServer, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http');
