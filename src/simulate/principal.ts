import { HOUR } from '../time/grid.js';
import { Random } from './random.js';

/** A role's credentials last this long; then its next session begins. */
const SESSION = 6 * HOUR;

/** CloudTrail's `userIdentity`, in the variants that callers of KMS have. */
export interface UserIdentity {
  readonly type: 'IAMUser' | 'AssumedRole' | 'AWSService' | 'AWSAccount';
  readonly principalId?: string;
  readonly arn?: string;
  readonly accountId?: string;
  readonly accessKeyId?: string;
  readonly userName?: string;
  readonly sessionContext?: {
    readonly sessionIssuer: {
      readonly type: 'Role';
      readonly principalId: string;
      readonly arn: string;
      readonly accountId: string;
      readonly userName: string;
    };
    readonly attributes: { readonly creationDate: string; readonly mfaAuthenticated: string };
  };
  readonly invokedBy?: string;
}

/**
 * Who made a call at `time`: the form that CloudTrail gives a user's ARN, a role's, a service or another account. All
 * ids end in EXAMPLE, as in AWS's documentation, so that nobody takes them for real ones.
 */
export function identityOf(caller: string, time: number, invokedBy?: string): UserIdentity {
  const began = Math.floor(time / SESSION) * SESSION;
  const known = latest.get(caller);
  if (known !== undefined && known.began === began && known.invokedBy === invokedBy) return known.identity;
  const identity = makeIdentity(caller, began, invokedBy);
  latest.set(caller, { began, invokedBy, identity });
  return identity;
}

/** The identity last made for each caller: records come in order of time, so most find theirs here. */
const latest = new Map<string, { began: number; invokedBy: string | undefined; identity: UserIdentity }>();

function makeIdentity(caller: string, began: number, invokedBy: string | undefined): UserIdentity {
  const ids = new Random('principal', caller);
  if (caller.endsWith('.amazonaws.com')) return { type: 'AWSService', invokedBy: caller };
  if (!caller.startsWith('arn:')) {
    return { type: 'AWSAccount', principalId: `AROA${ids.base32(10)}EXAMPLE:session`, accountId: caller };
  }
  const [, partition, , , accountId = '', path = ''] = caller.split(':');
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (path.startsWith('user/')) {
    return {
      type: 'IAMUser',
      principalId: `AIDA${ids.base32(10)}EXAMPLE`,
      arn: caller,
      accountId,
      accessKeyId: `AKIA${ids.base32(9)}EXAMPLE`,
      userName: name,
    };
  }
  const roleId = `AROA${ids.base32(10)}EXAMPLE`;
  const session = ids.fork(began);
  const sessionName = `${name.toLowerCase()}-${session.hex(8)}`;
  return {
    type: 'AssumedRole',
    principalId: `${roleId}:${sessionName}`,
    arn: `arn:${partition}:sts::${accountId}:assumed-role/${name}/${sessionName}`,
    accountId,
    accessKeyId: `ASIA${session.base32(9)}EXAMPLE`,
    sessionContext: {
      sessionIssuer: { type: 'Role', principalId: roleId, arn: caller, accountId, userName: name },
      attributes: { creationDate: isoSeconds(began), mfaAuthenticated: 'false' },
    },
    ...(invokedBy !== undefined && { invokedBy }),
  };
}

/** `2026-05-04T09:30:00Z`: whole seconds, as CloudTrail writes times. */
export function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
