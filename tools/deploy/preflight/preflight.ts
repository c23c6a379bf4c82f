import { join } from 'node:path';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import { repository } from '@sluice/infra/monitoring/runbook-url.ts';
import { regions } from '@sluice/infra/schema/regions.ts';
import { connectTo, edgeRegion, type Account } from '../aws/account.ts';
import { stackNameOf } from '../cloudformation/assembly.ts';
import type { Work } from '../cli/command.ts';
import { describeStack } from '../cloudformation/describe-stack.ts';
import { issuesOf, type Issue } from '../cli/explain.ts';
import { folderOf } from '../folder.ts';
import { readGitState, type GitState } from '../release/git-state.ts';
import { fetchTokens, noteAccess } from './api.ts';
import { fetchZone, checkDomain } from './domain.ts';
import { checkGit, noteRepository } from './git.ts';
import { fetchIdentity, checkIdentity, checkProfile, readProfiles } from './identity.ts';
import { fetchMachine, checkMachine } from './machine.ts';
import { countOrigins, fetchQuotas, checkQuotas, noteOrigins, noteQuotas, quotasOf } from './quotas.ts';
import {
  fetchBootstrap,
  fetchPrefixLists,
  fetchRegion,
  checkBootstrap,
  checkPrefixLists,
  checkRegion,
  type Bootstrap,
} from './region.ts';
import { findMissingRoles } from './service-roles.ts';
import type { Target } from '../cli/questions.ts';

/** The findings before a command changes anything. */
export type Readiness = {
  readonly issues: readonly Issue[];
  /** Checks that could not run. They do not stop the command. */
  readonly notes: readonly string[];
  /**
   * Regions without the resources of `cdk bootstrap`. Their problems are separate from the others
   * because the command can fix them.
   */
  readonly unbootstrapped: readonly string[];
  readonly bootstrapIssues: readonly Issue[];
  /** Services without their service-linked role, which the command creates. */
  readonly servicesWithoutRole: readonly string[];
  /** The ARN of the identity at AWS. */
  readonly arn: string;
  readonly git: GitState | undefined;
};

/** The bootstrap version that the pinned aws-cdk-lib requires of every stack. */
const neededBootstrap = 6;

/** Runs checks. Returns their findings, and the failures of the checks themselves. */
const collect = async (...looks: readonly (() => Promise<readonly Issue[]>)[]): Promise<Issue[]> => {
  const found = await Promise.all(
    looks.map(async (look) => {
      try {
        return await look();
      } catch (error) {
        return issuesOf(error);
      }
    }),
  );
  return found.flat();
};

/**
 * Checks all that a deployment needs, and returns all problems at once. Skips checks that need an
 * account if there is none.
 */
export const runPreflight = async ({ environment, profile }: Target, work: Work): Promise<Readiness> => {
  const { name, account: number } = environment;
  const { signal, progress } = work;
  progress.status('Checking this machine and the account …');
  const account = connectTo(environment.region);
  const [machine, git, identity] = await Promise.all([
    fetchMachine(join(folderOf(name), 'docker.log'), signal),
    readGitState(signal),
    fetchIdentity(account),
  ]);
  const profileIssues = checkProfile(profile, readProfiles(process.env));
  const issues = [
    ...checkMachine(machine),
    ...checkGit(git, environment),
    // Without the profile there are no credentials, and one problem is enough.
    ...(profileIssues.length > 0 ? profileIssues : checkIdentity(identity, environment)),
  ];
  const base = { git: 'issue' in git ? undefined : git, arn: 'arn' in identity ? identity.arn : '' };
  if (!('account' in identity) || identity.account !== number) {
    return { ...base, issues, notes: [], unbootstrapped: [], bootstrapIssues: [], servicesWithoutRole: [] };
  }
  const ofAccount = await checkAccount(environment, account, profile);
  return { ...base, ...ofAccount, issues: [...issues, ...ofAccount.issues] };
};

const checkAccount = async (environment: Environment, account: Account, profile: string | undefined) => {
  const { region, domain, account: number, api } = environment;
  const notes = [...noteAccess(api), ...noteRepository(environment, repository)];
  const bootstraps: Bootstrap[] = [];
  let servicesWithoutRole: readonly string[] = [];
  const { cloudFrontPrefixList, s3PrefixList } = regions[region];
  const lists = {
    'com.amazonaws.global.cloudfront.origin-facing': cloudFrontPrefixList,
    [`com.amazonaws.${region}.s3`]: s3PrefixList,
  };
  const issues = await collect(
    async () => checkRegion(environment, await fetchRegion(account)),
    async () => checkPrefixLists(lists, await fetchPrefixLists(account, Object.keys(lists)), region),
    async () => {
      const isThere = (await describeStack(account, stackNameOf(environment.name, 'foundation'))) !== undefined;
      const quotas = await fetchQuotas(account, quotasOf(environment, isThere));
      notes.push(...noteQuotas(quotas));
      return checkQuotas(quotas, region);
    },
    async () => {
      const isThere = (await describeStack(account, stackNameOf(environment.name, 'app'))) !== undefined;
      if (!isThere) notes.push(...noteOrigins(await countOrigins(account)));
      return [];
    },
    async () => {
      const places = hasEdge(environment) ? [region, edgeRegion] : [region];
      for (const place of new Set(places)) {
        bootstraps.push({ region: place, needed: neededBootstrap, found: await fetchBootstrap(connectTo(place)) });
      }
      return [];
    },
    async () => {
      await fetchTokens(account, api);
      return [];
    },
    async () => {
      const { services, note } = await findMissingRoles(account, environment);
      servicesWithoutRole = services;
      if (note !== undefined) notes.push(note);
      return [];
    },
    async () => (domain === undefined ? [] : checkDomain(domain, await fetchZone(account, domain))),
  );
  return {
    issues,
    notes,
    servicesWithoutRole,
    unbootstrapped: bootstraps
      .filter((each) => checkBootstrap([each], number, profile).length > 0)
      .map((each) => each.region),
    bootstrapIssues: checkBootstrap(bootstraps, number, profile),
  };
};

/** Returns true if an environment has a stack in us-east-1. */
const hasEdge = ({ domain, firewall }: Environment): boolean => domain !== undefined || firewall !== undefined;
