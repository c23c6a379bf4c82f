import type { Issue } from '../cli/explain.ts';
import { repository } from '../folder.ts';
import { runProgram, type Ended } from '../cli/run-program.ts';

/** The options of a run of docker: the file for its output, and the callback for each line. */
export type DockerOptions = {
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly input?: string;
  readonly onLine?: (line: string) => void;
};

/** Runs docker in the repository. Enables BuildKit, which older versions do not use by default. */
export const runDocker = (args: readonly string[], options: DockerOptions): Promise<Ended> =>
  runProgram('docker', args, {
    ...options,
    cwd: repository,
    // With an attestation an image is a list of two entries, of which one is no image.
    variables: { DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' },
  });

type Rule = { readonly said: RegExp; readonly what: string; readonly fix: string };

const again = 'then run the same command again: it reuses existing images';

const rules: readonly Rule[] = [
  {
    said: /tag is immutable|cannot be overwritten/i,
    what: 'Another image already has this tag, and tags are immutable',
    fix: 'run the same command again: another one pushed this tag in the meantime',
  },
  {
    said: /no basic auth credentials|authorization token has expired|401 Unauthorized|unauthorized/i,
    what: 'The registry rejected the login',
    fix: `renew the credentials, ${again}`,
  },
  {
    said: /denied|403 Forbidden/i,
    what: 'The registry denied access',
    fix: `allow ecr:PutImage, ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload and ecr:BatchCheckLayerAvailability to the role or user, ${again}`,
  },
  {
    said: /repository .*(?:does not exist|not found)|name unknown/i,
    what: 'The repository does not exist',
    fix: 'run the same command again: the registry stack creates it',
  },
  {
    said: /no space left on device/i,
    what: 'The disk is full',
    fix: `free some space (docker system prune), ${again}`,
  },
  {
    said: /exec format error|does not match the specified platform|no match for platform/i,
    what: 'This machine cannot run programs for ARM64',
    fix: `install the emulator (docker run --privileged --rm tonistiigi/binfmt --install arm64), ${again}`,
  },
  {
    said: /Cannot connect to the Docker daemon/i,
    what: 'Docker is not running',
    fix: `start it (systemctl start docker, or Docker Desktop), ${again}`,
  },
  {
    said: /i\/o timeout|connection refused|no such host|TLS handshake timeout|EOF$/im,
    what: 'The registry cannot be reached',
    fix: `check the network, ${again}`,
  },
];

/** Explains a failure of docker by its last lines. */
export const explainDocker = (doing: string, { lastLines }: Pick<Ended, 'lastLines'>, logFile: string): Issue => {
  const said = lastLines.join('\n');
  const rule = rules.find((each) => each.said.test(said));
  const lastLine = lastLines.findLast((line) => line.trim() !== '') ?? 'docker printed nothing';
  return {
    what: rule === undefined ? lastLine : `${rule.what}: ${lastLine}`,
    where: `${doing} (full output: ${logFile})`,
    fix: rule?.fix ?? `correct the reported error, ${again}`,
  };
};
