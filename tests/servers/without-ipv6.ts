import { fileURLToPath } from 'node:url';

/** A command prefix that runs the command after it as on a kernel without IPv6. */
export const withoutIpv6: readonly string[] = ['python3', fileURLToPath(new URL('without-ipv6.py', import.meta.url))];
