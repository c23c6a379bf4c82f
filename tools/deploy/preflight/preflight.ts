import { join } from 'node:path';
import type { Environment } from '@sluice/infra/environment.ts';
import { regions } from '@sluice/infra/regions.ts';
import { connectTo, edgeRegion, type Account } from '../aws/account.ts';
import { stackNameOf } from '../cloudformation/assembly.ts';
import type { Work } from '../cli/command.ts';
import { describeStack } from '../cloudformation/describe-stack.ts';
import { faultsOf, type Fault } from '../cli/explain.ts';
import { folderOf } from '../folder.ts';
import { readGitState, type GitState } from '../release/git-state.ts';
import { askTokens, noteAccess } from './api.ts';
import { askZone, judgeDomain } from './domain.ts';
import { judgeGit } from './git.ts';
import { askIdentity, judgeIdentity, judgeProfile, readProfiles } from './identity.ts';
import { askMachine, judgeMachine } from './machine.ts';
import { askQuotas, judgeQuotas, noteQuotas, quotasOf } from './quotas.ts';
import {
  askBootstrap,
  askPrefixLists,
  askRegion,
  judgeBootstrap,
  judgePrefixLists,
  judgeRegion,
  type Bootstrap,
} from './region.ts';
import type { Target } from '../cli/questions.ts';

/** The findings before a command changes anything. */
export type Readiness = {
  readonly faults: readonly Fault[];
  /** Checks that could not run. They do not stop the command. */
  readonly notes: readonly string[];
  /**
   * Regions without the resources of `cdk bootstrap`. Their problems are separate from the others
   * because the command can fix them.
   */
  readonly unbootstrapped: readonly string[];
  readonly bootstrapFaults: readonly Fault[];
  /** The ARN of the identity at AWS. */
  readonly arn: string;
  readonly git: GitState | undefined;
};

/** The bootstrap version that the pinned aws-cdk-lib requires of every stack. */
const neededBootstrap = 6;

/** Runs checks. Returns their findings, and the failures of the checks themselves. */
const collect = async (...looks: readonly (() => Promise<readonly Fault[]>)[]): Promise<Fault[]> => {
  const found = await Promise.all(
    looks.map(async (look) => {
      try {
        return await look();
      } catch (error) {
        return faultsOf(error);
      }
    }),
  );
  return found.flat();
};

/**
 * Checks all that a deployment needs, and returns all problems at once. Skips checks that need an
 * account if there is none.
 */
export const lookAhead = async ({ environment, profile, region }: Target, work: Work): Promise<Readiness> => {
  const { name, account: number } = environment;
  const { signal, progress } = work;
  progress.status('Looking at this machine and the account …');
  const account = connectTo(environment.region);
  const [machine, git, identity] = await Promise.all([
    askMachine(join(folderOf(name), 'docker.log'), signal),
    readGitState(signal),
    askIdentity(account),
  ]);
  const profileFaults = judgeProfile(profile, readProfiles(process.env));
  const faults = [
    ...judgeMachine(machine),
    ...judgeGit(git, environment),
    ...judgeRegion(region, environment, undefined),
    // Without the profile there are no credentials, and one problem is enough.
    ...(profileFaults.length > 0 ? profileFaults : judgeIdentity(identity, environment)),
  ];
  const base = { git: 'fault' in git ? undefined : git, arn: 'arn' in identity ? identity.arn : '' };
  if (!('account' in identity) || identity.account !== number) {
    return { ...base, faults, notes: [], unbootstrapped: [], bootstrapFaults: [] };
  }
  const ofAccount = await lookAtAccount(environment, account, profile);
  return { ...base, ...ofAccount, faults: [...faults, ...ofAccount.faults] };
};

const lookAtAccount = async (environment: Environment, account: Account, profile: string | undefined) => {
  const { region, domain, account: number, api } = environment;
  const notes = noteAccess(api);
  const bootstraps: Bootstrap[] = [];
  const { cloudFrontPrefixList, s3PrefixList } = regions[region];
  const lists = {
    'com.amazonaws.global.cloudfront.origin-facing': cloudFrontPrefixList,
    [`com.amazonaws.${region}.s3`]: s3PrefixList,
  };
  const faults = await collect(
    async () => judgeRegion(region, environment, await askRegion(account)),
    async () => judgePrefixLists(lists, await askPrefixLists(account, Object.keys(lists)), region),
    async () => {
      const isThere = (await describeStack(account, stackNameOf(environment.name, 'foundation'))) !== undefined;
      const quotas = await askQuotas(account, quotasOf(environment, isThere));
      notes.push(...noteQuotas(quotas));
      return judgeQuotas(quotas, region);
    },
    async () => {
      const places = hasEdge(environment) ? [region, edgeRegion] : [region];
      for (const place of new Set(places)) {
        bootstraps.push({ region: place, needed: neededBootstrap, found: await askBootstrap(connectTo(place)) });
      }
      return [];
    },
    async () => {
      await askTokens(account, api);
      return [];
    },
    async () => (domain === undefined ? [] : judgeDomain(domain, await askZone(account, domain))),
  );
  return {
    faults,
    notes,
    unbootstrapped: bootstraps
      .filter((each) => judgeBootstrap([each], number, profile).length > 0)
      .map((each) => each.region),
    bootstrapFaults: judgeBootstrap(bootstraps, number, profile),
  };
};

/** Returns true if an environment has a stack in us-east-1. */
const hasEdge = ({ domain, firewall }: Environment): boolean => domain !== undefined || firewall !== undefined;
