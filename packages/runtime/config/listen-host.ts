/**
 * The host to give to `listen` for an address. For `::` it is none (`''`): Node then listens on
 * every interface, on IPv4 only where the kernel has no IPv6. Given `::` it fails there with
 * EAFNOSUPPORT.
 */
export const listenHost = (address: string): string => (address === '::' ? '' : address);
