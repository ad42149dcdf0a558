import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';

export interface SigmaOptions {
  /** Only events of these accounts, 12 digits each; of all by default. */
  readonly accounts?: readonly string[];
}

/** A rule as Sigma has it, but for what all have in common. */
interface Rule {
  /** Its own for good (Sigma specification: a UUID that never changes). */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly selection: Readonly<Record<string, string | readonly string[]>>;
  readonly level: 'low' | 'medium' | 'high';
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
}

const RULES: readonly Rule[] = [
  {
    id: '0c4f8d4e-2b57-4f0e-9a63-6f1f5d0a7c11',
    title: 'AWS KMS Key Disabled Or Scheduled For Deletion',
    description: 'A key was disabled or scheduled for deletion: what is encrypted with it cannot be read any more.',
    selection: { eventName: ['DisableKey', 'ScheduleKeyDeletion'] },
    level: 'high',
    tags: ['attack.impact', 'attack.t1485'],
    falsepositives: ['Keys that are retired as planned'],
  },
  {
    id: '5b1c7a9d-8e3f-4c26-b0d4-93a2e6f7c812',
    title: 'AWS KMS Key Material Deleted',
    description: 'Key material is gone: deleted, expired, or with its key.',
    selection: { eventName: ['DeleteImportedKeyMaterial', 'DeleteExpiredKeyMaterial', 'DeleteKey'] },
    level: 'high',
    tags: ['attack.impact', 'attack.t1485'],
    falsepositives: ['Imported material that is renewed, keys whose waiting period ends'],
  },
  {
    id: '7f0e2d63-1a94-4b85-8c77-2e5d9b3f6a13',
    title: 'AWS KMS Custom Key Store Changed',
    description: 'A custom key store was disconnected, changed or deleted: every key in it is unavailable then.',
    selection: {
      eventName: [
        'ConnectCustomKeyStore',
        'CreateCustomKeyStore',
        'DeleteCustomKeyStore',
        'DisconnectCustomKeyStore',
        'UpdateCustomKeyStore',
      ],
    },
    level: 'high',
    tags: ['attack.impact'],
    falsepositives: ['Maintenance of the key store'],
  },
  {
    id: '3d9b6c05-e4f2-4710-a58e-b1c8f70d2e14',
    title: 'AWS KMS Key Policy Changed',
    description: 'Who may use or manage a key was changed.',
    selection: { eventName: ['PutKeyPolicy'] },
    level: 'medium',
    tags: ['attack.persistence', 'attack.privilege_escalation'],
    falsepositives: ['Deployments that manage keys'],
  },
  {
    id: '91e7d2fa-5c38-4e6b-9d10-47b6a8c3f515',
    title: 'AWS KMS Grant Made Or Taken Back',
    description: 'A grant lets somebody use a key without a change of its policy.',
    selection: { eventName: ['CreateGrant', 'RevokeGrant', 'RetireGrant'] },
    level: 'low',
    tags: ['attack.persistence'],
    falsepositives: ['AWS services make grants for the resources that they encrypt'],
  },
  {
    id: 'a6c50b18-f97d-4d21-83e4-0f2b7d9c6e16',
    title: 'AWS KMS Rotation Or Region Changed',
    description: 'Rotation was switched, or key material came to another Region.',
    selection: {
      eventName: [
        'DisableKeyRotation',
        'EnableKeyRotation',
        'RotateKeyOnDemand',
        'ReplicateKey',
        'UpdatePrimaryRegion',
        'SynchronizeMultiRegionKey',
      ],
    },
    level: 'medium',
    tags: ['attack.defense_evasion'],
    falsepositives: ['Multi-Region keys that are set up as planned'],
  },
  {
    id: 'c82f1e47-06ab-4f5d-b9c3-5d7e9a0b4f17',
    title: 'AWS KMS Key Brought Back Into Use',
    description: 'A key was enabled again, its deletion cancelled, or its material imported.',
    selection: { eventName: ['EnableKey', 'CancelKeyDeletion', 'ImportKeyMaterial'] },
    level: 'low',
    tags: ['attack.persistence'],
    falsepositives: ['Mistakes that are undone, imported material that is renewed'],
  },
  {
    id: 'd4a97b30-8c1e-4256-97f8-e63b0c5d2a18',
    title: 'AWS KMS Alias Or Tag Changed',
    description: 'Policies may allow the use of keys by alias or tag: a change of one can change who may use a key.',
    selection: { eventName: ['CreateAlias', 'UpdateAlias', 'DeleteAlias', 'TagResource', 'UntagResource'] },
    level: 'low',
    tags: ['attack.privilege_escalation'],
    falsepositives: ['Deployments that manage keys'],
  },
  {
    id: 'e15b3c86-7d4f-4a09-8b62-9c0f1d2e3a19',
    title: 'AWS KMS Key Used While Pending Deletion',
    description: 'Somebody still needs a key that is about to be deleted.',
    selection: { 'errorMessage|endswith': ' is pending deletion.' },
    level: 'high',
    tags: ['attack.impact', 'attack.t1485'],
    falsepositives: ['Tests of what depends on a key'],
  },
];

/**
 * Rules for SIEMs in Sigma (specification 2.0), one YAML document each, on CloudTrail's records: the critical changes of
 * `ruleDefinitions` and `metricFilters`. Sigma has no thresholds of a baseline: what is unusual in the use of a key is for this
 * library to say.
 * @throws InputError for accounts that are not 12 digits
 */
export function sigmaRules(options: SigmaOptions = {}): string[] {
  checkOptions(options, SIGMA_OPTIONS);
  const { accounts = [] } = options;
  const given: unknown = accounts;
  if (!Array.isArray(given)) throw new InputError(`accounts must be an array of account ids, got ${shown(given)}`);
  for (const [i, account] of given.entries()) {
    if (typeof account !== 'string' || !/^\d{12}$/.test(account)) {
      throw new InputError(`accounts[${i}] must be 12 digits in a text, got ${shown(account)}`);
    }
  }
  return RULES.map((rule) => ruleText(rule, accounts));
}

const SIGMA_OPTIONS: OptionNames<SigmaOptions> = { accounts: true };

function ruleText(
  { id, title, description, selection, level, tags, falsepositives }: Rule,
  accounts: readonly string[],
) {
  const fields = {
    eventSource: 'kms.amazonaws.com',
    ...selection,
    ...(accounts.length === 0 ? {} : { recipientAccountId: accounts }),
  };
  return [
    `title: ${scalar(title)}`,
    `id: ${id}`,
    'status: experimental',
    `description: ${scalar(description)}`,
    'references:',
    `  - ${scalar('https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html')}`,
    `tags:`,
    ...tags.map((tag) => `  - ${tag}`),
    'logsource:',
    '  product: aws',
    '  service: cloudtrail',
    'detection:',
    '  selection:',
    ...Object.entries(fields).flatMap(([name, value]) => fieldLines(name, value)),
    '  condition: selection',
    'falsepositives:',
    ...falsepositives.map((text) => `  - ${scalar(text)}`),
    `level: ${level}`,
    '',
  ].join('\n');
}

function fieldLines(name: string, value: string | readonly string[]): string[] {
  if (typeof value === 'string') return [`    ${name}: ${scalar(value)}`];
  return [`    ${name}:`, ...value.map((one) => `      - ${scalar(one)}`)];
}

/**
 * A text in YAML that is read as one: bare only where it begins with a letter and has letters, digits, commas and spaces. `*kms*`
 * would be an alias, an account's id a number without its leading zeros, `yes` a truth.
 */
function scalar(text: string): string {
  const isBare =
    /^[A-Za-z][A-Za-z0-9, ]*[A-Za-z0-9]$/.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text);
  return isBare ? text : `'${text.replaceAll("'", "''")}'`;
}
