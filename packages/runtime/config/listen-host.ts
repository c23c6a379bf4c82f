/**
 * Returns the host to pass to `listen` for an address. For `::` it is empty (`''`): Node then
 * listens on every interface, and on IPv4 only if the kernel has no IPv6. With `::` it would fail
 * there with EAFNOSUPPORT.
 */
export const listenHost = (address: string): string => (address === '::' ? '' : address);
