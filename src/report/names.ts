import { REFUSED_KEYS } from '../kms/refused-keys.js';
import type { SeriesKey } from '../series/key.js';
import { printable } from './printable.js';

const KEY_ARN = /^arn:[^:]+:kms:([^:]+):(\d{12}):key\/(.+)$/s;
const IAM_ARN = /^arn:[^:]+:(?:iam|sts)::(\d{12}):(.+)$/s;

/** Operations that name no KMS key, so that there is nothing to sum over. */
const WITHOUT_KEY = /^(?:GenerateRandom|ListKeys|ListAliases|ListRetirableGrants|\w+CustomKeyStores?)$/;

/** How keys are named: by their ARN. */
export type KeyNames = (keyArn: string) => string;

/** What a key's ARN is made of; nulls where it is none. */
export function keyParts(arn: string): { region: string | null; account: string | null; id: string | null } {
  const [, region = null, account = null, id = null] = KEY_ARN.exec(arn) ?? [];
  return { region, account, id };
}

/** The account in a key's ARN; `null` when it is none. */
export function accountOfKey(arn: string): string | null {
  return KEY_ARN.exec(arn)?.[2] ?? null;
}

/**
 * A KMS key as people name it: the first part of its id with its Region, `1234abcd (eu-central-1)`; a multi-Region key as
 * `mrk-1234abcd (eu-central-1)`.
 */
export function keyName(arn: string): string {
  const [, region, , id] = KEY_ARN.exec(arn) ?? [];
  if (region === undefined || id === undefined) return printable(arn, 60);
  const head = /^(?:mrk-)?[0-9a-f]{8}(?=[0-9a-f-]{16,})/i.exec(id)?.[0] ?? printable(id, 40);
  return `${head} (${printable(region, 30)})`;
}

/**
 * A caller as people name it: `role/App`, `user/Alice`, `s3.amazonaws.com`; `role/App of account 444455556666` when that is
 * not the account `home`. Paths of roles, and sessions, are left out.
 */
export function callerName(caller: string, home: string | null): string {
  if (/^\d{12}$/.test(caller)) return `account ${caller}`;
  const [, account, principal] = IAM_ARN.exec(caller) ?? [];
  if (account === undefined || principal === undefined) return printable(caller, 60);
  const parts = principal.split('/');
  const kind = parts[0] === 'assumed-role' ? 'role' : parts[0];
  const name = parts[0] === 'assumed-role' ? parts[1] : parts.at(-1);
  const short = parts.length === 1 ? principal : `${kind}/${name}`;
  return account === home ? printable(short, 60) : `${printable(short, 60)} of account ${account}`;
}

/** The account that a caller's name tells; `null` where it tells none, as of AWS services. */
export function accountOfCaller(caller: string): string | null {
  return /^\d{12}$/.test(caller) ? caller : (IAM_ARN.exec(caller)?.[1] ?? null);
}

/**
 * What a series counts, in words: `Decrypt on 1234abcd (eu-central-1)`, `Failed Sign (all keys)`.
 * @param nameOf a key; by default by the first digits of its id
 */
export function seriesName(key: SeriesKey, nameOf: KeyNames = keyName): string {
  const home = key.account ?? (key.keyArn === null ? null : accountOfKey(key.keyArn));
  if (key.metric === REFUSED_KEYS)
    return `Keys that refuse ${callerName(key.caller ?? '', accountOfCaller(key.caller ?? ''))}`;
  if (key.metric !== null) {
    const metric = printable(key.metric, 80);
    // Of this library's own: counts that are no metric of CloudWatch's.
    if (!/^(?:KMS|Quota) /.test(key.metric)) return `CloudWatch metric ${metric}`;
    return key.region === null ? metric : `${metric} in ${printable(key.region, 30)}`;
  }
  let name = whatOf(key);
  if (key.keyArn !== null) name += ` on ${nameOf(key.keyArn)}`;
  else if (key.operation === null || !WITHOUT_KEY.test(key.operation)) name += ' (all keys)';
  if (key.account !== null) name += ` in account ${printable(key.account, 30)}`;
  if (key.region !== null) name += ` in ${printable(key.region, 30)}`;
  if (key.caller !== null) name += ` by ${callerName(key.caller, home)}`;
  return name;
}

function whatOf({ operation, outcome }: SeriesKey): string {
  const shown = operation === null ? null : printable(operation, 60);
  switch (outcome) {
    case null:
      return shown ?? 'All operations';
    case 'ok':
      return shown === null ? 'Successful calls' : `Successful ${shown}`;
    case 'error':
      return shown === null ? 'Failed calls' : `Failed ${shown}`;
    case 'dry-run':
      return shown === null ? 'Dry runs' : `Dry runs of ${shown}`;
  }
}
