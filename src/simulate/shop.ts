import type { CallSubject } from './source.js';

const ACCOUNT = '111122223333';
const FRANKFURT = 'eu-central-1';
const VIRGINIA = 'us-east-1';

const keyIn = (region: string, id: string) => `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`;
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

/** The keys of a small web shop, by what they protect. */
export const SHOP_KEYS = {
  /** The orders database: customers' names and addresses. */
  orders: keyIn(FRANKFURT, '0a1b63c4-5d1e-4f7a-9b28-30c1d2e4f501'),
  /** Card and bank details, used by the payment gateway day and night. */
  payments: keyIn(FRANKFURT, '1b2c74d5-6e2f-4a8b-8c39-41d2e3f50612'),
  /** Documents that the staff upload and read: an S3 bucket. */
  documents: keyIn(FRANKFURT, '2c3d85e6-7f30-4b9c-9d4a-52e3f4061723'),
  /** The log archive, written by CloudTrail. */
  logs: keyIn(FRANKFURT, '3d4e96f7-8041-4cad-8e5b-63f405172834'),
  /** An RSA key that signs invoices. */
  invoices: keyIn(FRANKFURT, '4e5fa708-9152-4dbe-9f6c-740516283945'),
  /** Secrets that deployments and a few people read. */
  secrets: keyIn(FRANKFURT, '5f60b819-a263-4ecf-8a7d-851627394a56'),
  /** Nightly backups. */
  backups: keyIn(FRANKFURT, '6071c92a-b374-4fd0-9b8e-96273840ab67'),
  /** The analytics warehouse. */
  analytics: keyIn(VIRGINIA, '7182da3b-c485-40e1-8c9f-a7384951bc78'),
  /** Last year's warehouse, moved over a little every Sunday. */
  archive: keyIn(VIRGINIA, '8293eb4c-d596-41f2-9da0-b8495a62cd89'),
} as const;

/** Who uses them: roles, one user, one service, and the account of a partner that fetches exports. */
export const SHOP_CALLERS = {
  orders: role('OrderService'),
  support: role('SupportConsole'),
  payments: role('PaymentGateway'),
  backOffice: role('BackOffice'),
  logReader: role('LogReader'),
  invoices: role('InvoiceSigner'),
  deploy: role('DeployPipeline'),
  sandbox: role('CiSandbox'),
  backups: role('NightlyBackup'),
  warehouse: role('WarehouseLoader'),
  migration: role('KeyMigration'),
  tokens: role('TokenService'),
  config: role('ConfigRecorder'),
  admin: role('KeyAdmin'),
  alice: `arn:aws:iam::${ACCOUNT}:user/Alice`,
  trail: 'cloudtrail.amazonaws.com',
  partner: '444455556666',
} as const;

/** A call on the shop's keys, in the keys' Region (Frankfurt without a key), as the shop's own account logs it. */
export function shopCall(operation: string, caller: string, ...keyArns: readonly string[]): CallSubject {
  const region = keyArns[0]?.split(':')[3] ?? FRANKFURT;
  return { operation, keyArns, account: ACCOUNT, region, caller };
}
