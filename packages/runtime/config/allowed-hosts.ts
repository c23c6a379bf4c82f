/** The parts of a request that name its host. */
type Target = {
  readonly headers: { readonly host?: string | undefined };
  readonly url?: string | undefined;
  readonly httpVersion: string;
};

type Host = { readonly name: string; readonly port: string };

/**
 * Matches a name, an IPv4 address or an IPv6 address in brackets, with an optional port (RFC 3986
 * §3.2).
 */
export const hostPattern = /^([\w.-]+|\[[\da-f:.]+\])(?::(\d{0,5}))?$/i;

// Clients leave out the default port of their scheme.
const defaultPorts = new Set(['80', '443']);

/**
 * Creates a check of a request's host, against DNS rebinding: a page whose own name resolves to
 * this machine sends that name. `allowed` holds `host` (any port) or `host:port`. In a request for
 * an absolute URL, the hosts of the URL and of the Host header must both be allowed. HTTP/1.0 has
 * no Host header, and no browser speaks it: a request without one is allowed.
 */
export const createHostCheck = (allowed: readonly string[]): ((request: Target) => boolean) => {
  const hosts = allowed.flatMap((text) => parseHost(text) ?? []);
  const isAllowed = (text: string): boolean => {
    const host = parseHost(text);
    return host !== undefined && hosts.some((one) => covers(one, host));
  };
  return ({ headers: { host }, url = '', httpVersion }) => {
    const [, authority] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(url) ?? [];
    if (authority !== undefined && !isAllowed(authority)) return false;
    return host === undefined ? httpVersion === '1.0' : isAllowed(host);
  };
};

const parseHost = (text: string): Host | undefined => {
  const [, name, port = ''] = hostPattern.exec(text) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), port: port.replace(/^0+(?=\d)/, '') };
};

const covers = (allowed: Host, { name, port }: Host): boolean =>
  allowed.name === name &&
  (allowed.port === '' || allowed.port === port || (port === '' && defaultPorts.has(allowed.port)));
