import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ApiTokens } from '../data/api-tokens.ts';
import { DatabaseSetup } from '../data/database-setup.ts';
import { Database } from '../data/database.ts';
import { Network } from '../network/network.ts';
import { Queue } from '../data/queue.ts';
import type { Environment } from '../schema/environment.ts';

/**
 * The resources that hold data, and their network. They change rarely, and losing them loses
 * counts.
 */
export class FoundationStack extends Stack {
  readonly network: Network;
  readonly database: Database;
  readonly databaseSetup: DatabaseSetup;
  readonly queue: Queue;
  /** The tokens of the API. Undefined if the API is open. */
  readonly apiTokens: ApiTokens | undefined;
  readonly #zones: readonly string[];

  constructor(scope: Construct, id: string, props: StackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    const { environment } = props;
    this.#zones = environment.network.zones;
    this.network = new Network(this, 'Network', environment);
    const { vpc, groups } = this.network;
    this.database = new Database(this, 'Database', { vpc, securityGroup: groups.database, environment });
    this.databaseSetup = new DatabaseSetup(this, 'DatabaseSetup', {
      network: this.network,
      database: this.database,
      environment,
    });
    this.queue = new Queue(this, 'Queue', { vpc, securityGroup: groups.queue, environment });
    const { api } = environment;
    this.apiTokens = api.access === 'open' ? undefined : new ApiTokens(this, 'ApiTokens', { environment, api });
  }

  /** Returns the zones of the environment to the network. CDK would look them up in the account. */
  override get availabilityZones(): string[] {
    return [...this.#zones];
  }
}
