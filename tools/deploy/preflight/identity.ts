import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Account } from '../aws/account.ts';
import { explain, type Issue } from '../cli/explain.ts';

/** The caller's identity at AWS, or the problem with the credentials. */
export type Identity = { readonly account: string; readonly arn: string } | { readonly issue: Issue };

/** Fetches the identity of the credentials from AWS. */
export const fetchIdentity = async ({ sts }: Account): Promise<Identity> => {
  try {
    const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { account, arn };
  } catch (error) {
    return { issue: explain(error) };
  }
};

/**
 * Reads the profiles from AWS's two files, at their configured paths (`AWS_CONFIG_FILE`,
 * `AWS_SHARED_CREDENTIALS_FILE`).
 */
export const readProfiles = (variables: Readonly<Record<string, string | undefined>>): string[] => {
  const folder = join(homedir(), '.aws');
  const files = [
    variables['AWS_CONFIG_FILE'] ?? join(folder, 'config'),
    variables['AWS_SHARED_CREDENTIALS_FILE'] ?? join(folder, 'credentials'),
  ];
  const text = files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('\n');
  // The SDK parses names in the same way, and accepts no name with a space. The sections
  // `sso-session` and `services` are no profiles.
  const names = [...text.matchAll(/^\s*\[(?:profile\s+)?(["']?)([^\]\s"']+)\1\s*\]/gm)].map(([, , name = '']) => name);
  return [...new Set(names)].toSorted();
};

/** Finds problems of a named profile. */
export const checkProfile = (profile: string | undefined, profiles: readonly string[]): Issue[] => {
  if (profile === undefined || profiles.includes(profile)) return [];
  const others = profiles.length === 0 ? 'no profiles exist' : `existing profiles: ${profiles.join(', ')}`;
  const fix = `aws configure sso --profile ${profile}`;
  return [
    {
      what: `The AWS profile ${profile} does not exist; ${others}`,
      where: '~/.aws/config and ~/.aws/credentials',
      fix,
    },
  ];
};

/** Finds problems of the caller's identity: no credentials, or not the environment's account. */
export const checkIdentity = (
  identity: Identity,
  environment: { readonly name: string; readonly account: string },
): Issue[] => {
  if ('issue' in identity) return [identity.issue];
  if (identity.account === environment.account) return [];
  const what = `The credentials belong to the account ${identity.account} (${identity.arn}), but ${environment.name} is in ${environment.account}`;
  const fix = `select a profile of ${environment.account} (--profile), or set your account in infra/environments/${environment.name}.ts`;
  return [{ what, where: 'credentials', fix }];
};
