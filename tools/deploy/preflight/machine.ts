import * as z from 'zod';
import { runDocker } from '../release/docker.ts';
import { CommandError, type Issue } from '../cli/explain.ts';

/** The tools of this machine, as they report themselves. */
export type Machine = {
  readonly nodeVersion: string;
  /** Undefined if docker is not installed. */
  readonly docker: { readonly server: string | undefined; readonly said: string } | undefined;
  /**
   * True if docker has BuildKit's client. Without it, an ARM64 image can be built only on ARM64,
   * and no image can be copied by digest.
   */
  readonly hasBuildx: boolean;
};

const version = z.object({ Server: z.object({ Version: z.string() }).nullish() });

/** Runs the tools of this machine. Their output goes to `logFile`. */
export const fetchMachine = async (logFile: string, signal: AbortSignal): Promise<Machine> => {
  const nodeVersion = process.versions.node;
  try {
    const asked = await runDocker(['version', '--format', '{{json .}}'], { logFile, signal });
    const server = readServer(asked.output);
    const said = asked.lastLines.at(-1) ?? '';
    const buildx = await runDocker(['buildx', 'version'], { logFile, signal });
    return { nodeVersion, docker: { server, said }, hasBuildx: buildx.status === 0 };
  } catch (error) {
    if (error instanceof CommandError) return { nodeVersion, docker: undefined, hasBuildx: false };
    throw error;
  }
};

const readServer = (output: string): string | undefined => {
  try {
    return version.parse(JSON.parse(output)).Server?.Version;
  } catch {
    // If docker cannot reach its server, its output may lack the requested values.
    return undefined;
  }
};

/** Finds missing tools of this machine. */
export const checkMachine = ({ nodeVersion, docker, hasBuildx }: Machine): Issue[] => {
  const where = 'this machine';
  const issues: Issue[] = [];
  if (Number(nodeVersion.split('.')[0]) < 24) {
    const fix = 'start the command with npm (npm run deploy), which uses the version of node_modules';
    issues.push({ what: `Node.js is ${nodeVersion}, but Sluice needs 24`, where, fix });
  }
  if (docker === undefined) {
    issues.push({ what: 'Docker is not installed', where, fix: 'install it: https://docs.docker.com/engine/install' });
  } else if (docker.server === undefined) {
    const fix = 'start it: systemctl start docker (or Docker Desktop)';
    issues.push({ what: `Docker is not running: ${docker.said}`, where, fix });
  } else if (!hasBuildx) {
    const fix = 'install it: https://docs.docker.com/go/buildx';
    issues.push({ what: 'Docker has no buildx, which builds the images for ARM64', where, fix });
  }
  return issues;
};
