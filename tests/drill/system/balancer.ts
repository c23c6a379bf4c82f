import { writeFileSync } from 'node:fs';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { hostOf } from '../hosts/hosts.ts';
import type { ProcessCreator } from './process.ts';
import { getOk, httpPort, producerNames } from './services.ts';

const port = 80;
const statusPort = 8080;
const file = '/run/drill/haproxy.cfg';

const host = hostOf('balancer');

/** The address of the API for clients. */
export const apiAddress = `http://${host.address}:${port}`;

// It sends a request a second time only if no connection could be opened.
const configuration = `
global
  maxconn 2000
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 5s
  timeout check 2s
  retries 2
  option redispatch 1
  option forwardfor
  option httpchk GET /ready
  default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
frontend api
  bind :${port}
  default_backend producers
frontend status
  bind :${statusPort}
  http-request return status 200
backend producers
  balance roundrobin
${producerNames.map((name) => `  server ${name} ${hostOf(name).address}:${httpPort}`).join('\n')}
`;

/** Creates the load balancer in front of the producers. It takes those that are ready. */
export const createBalancer = (processOn: ProcessCreator) => {
  writeFileSync(file, configuration);
  return processOn(host, {
    name: host.name,
    command: findProgram('haproxy') ?? 'haproxy',
    args: ['-db', '-f', file],
    checkReady: async () => void (await getOk(`http://${host.address}:${statusPort}/`)),
  });
};
