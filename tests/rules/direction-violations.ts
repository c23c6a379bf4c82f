type Violation = {
  readonly from: string;
  readonly suffix?: '.test.ts';
  readonly imports: readonly string[];
  /** What the rule says of it. */
  readonly says: string;
};

const applications = 'An application imports files of contract, ledger, queue and runtime.';
const clients = 'queue speaks Redis, ledger speaks SQL.';
const globals = 'Use the global.';
const folders = 'Imports climb one folder at most.';
const tools = 'Tools and infra name the applications and import none of the code.';

const application = '@sluice/producer/server.ts';
const contract = '@sluice/contract/count.ts';
const ledger = '@sluice/ledger/record.ts';
const queue = '@sluice/queue/append/enqueue.ts';
const runtime = '@sluice/runtime/service.ts';
const servers = '@sluice/test-servers/redis.ts';

/** What files of a folder must not import. */
export const directionViolations: readonly Violation[] = [
  {
    from: 'apps/consumer',
    imports: [application, '@sluice/local/say.ts', '@sluice/queue', servers],
    says: applications,
  },
  { from: 'apps/consumer', imports: ['@redis/client', 'mysql2', 'mysql2/promise'], says: clients },
  { from: 'apps/consumer', imports: ['./main.ts'], says: 'main.ts is the process; nothing imports it.' },
  { from: 'apps/consumer', suffix: '.test.ts', imports: [application], says: applications },
  { from: 'apps/consumer/routes', suffix: '.test.ts', imports: ['../../producer/server.ts'], says: folders },
  {
    from: 'apps/consumer/routes',
    imports: [
      '../../producer/server.ts',
      '../../../packages/queue/enqueue.ts',
      './.././../a.ts',
      '../routes/../../a.ts',
    ],
    says: folders,
  },
  {
    from: 'apps/frontend',
    imports: [application, ledger, queue, runtime],
    says: 'frontend imports files of contract alone.',
  },
  { from: 'apps/frontend', imports: ['@redis/client', 'mysql2'], says: clients },
  { from: 'apps/frontend/parts', imports: ['../../producer/server.ts'], says: folders },
  {
    from: 'packages/contract',
    imports: [application, ledger, queue, runtime],
    says: 'contract imports no other workspace.',
  },
  { from: 'packages/contract', imports: ['@redis/client', 'mysql2'], says: clients },
  { from: 'packages/contract/parts', imports: ['../../queue/enqueue.ts'], says: folders },
  { from: 'packages/queue', imports: [application, ledger, runtime], says: 'queue imports files of contract alone.' },
  { from: 'packages/queue', imports: ['mysql2', 'mysql2/promise'], says: 'ledger speaks SQL.' },
  { from: 'packages/queue/parts', imports: ['../../ledger/record.ts'], says: folders },
  { from: 'packages/ledger', imports: [application, queue, runtime], says: 'ledger imports files of contract alone.' },
  { from: 'packages/ledger', imports: ['@redis/client'], says: 'queue speaks Redis.' },
  { from: 'packages/ledger/parts', imports: ['../../queue/enqueue.ts'], says: folders },
  { from: 'packages/runtime', imports: [application, ledger, queue], says: 'runtime imports files of contract alone.' },
  { from: 'packages/runtime', imports: ['@redis/client', 'mysql2'], says: clients },
  { from: 'packages/runtime/parts', imports: ['../../queue/enqueue.ts'], says: folders },
  {
    from: 'packages/queue',
    suffix: '.test.ts',
    imports: [application, ledger, runtime],
    says: 'A package imports files of contract alone, its tests those of test-servers too.',
  },
  { from: 'packages/queue/parts', suffix: '.test.ts', imports: ['../../ledger/record.ts'], says: folders },
  {
    from: 'tools/local',
    imports: [application, contract, queue],
    says: 'npm start names the applications, and imports files of runtime alone.',
  },
  { from: 'tools/local', imports: ['@redis/client', 'mysql2'], says: clients },
  { from: 'tools/local/parts', imports: ['../../../apps/producer/server.ts'], says: folders },
  {
    from: 'tools/readme',
    imports: [application, queue],
    says: "The README's tables come from each config.ts and from contract.",
  },
  { from: 'tools/readme', imports: ['@redis/client', 'mysql2'], says: clients },
  { from: 'tools/readme/parts', imports: ['../../../apps/producer/server.ts'], says: folders },
  {
    from: 'tools/deploy',
    imports: [application, contract, queue],
    says: "What deploys reads the environments and their prices, and none of the applications' code.",
  },
  { from: 'tools/deploy', imports: ['@redis/client', 'mysql2'], says: clients },
  { from: 'tools/deploy/parts', imports: ['../../../apps/producer/server.ts'], says: folders },
  { from: 'infra', imports: [application, contract], says: tools },
  ...[
    'apps/consumer',
    'apps/frontend',
    'packages/ledger',
    'packages/queue',
    'packages/runtime',
    'tests/system',
    'tools/deploy',
    'tools/local',
    'tools/readme',
  ].map((from) => ({ from, imports: ['node:process'], says: globals })),
  { from: 'apps/consumer', suffix: '.test.ts', imports: ['node:process'], says: globals },
  { from: 'packages/queue', suffix: '.test.ts', imports: ['node:process'], says: globals },
];
