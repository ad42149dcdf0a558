import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { ChangeWatch } from '../../src/plan/changes.js';
import { definePlan } from '../../src/plan/index.js';
import { DAY, HOUR, logOf, recorder } from './support.js';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const plan = (alertBudget = {}) =>
  definePlan({ purpose: 'p', owner: 'o', sources: [logOf('l', [])], notify: [recorder()], alertBudget });
const call = (time: number, operation: string, caller: string, fields: Partial<KmsCall> = {}): KmsCall => ({
  time,
  operation,
  keyArns: [KEY],
  account: '111122223333',
  region: 'eu-central-1',
  caller: role(caller),
  error: null,
  eventId: '',
  sharedEventId: null,
  ...fields,
});

/** Four weeks of an application, and of a service that makes grants all day. */
function learned(watch: ChangeWatch): ChangeWatch {
  watch.begin(0);
  for (let day = 0; day < 28; day++) {
    expect(watch.take(call(day * DAY, 'Decrypt', 'App'), false)).toEqual([]);
    watch.take(call(day * DAY, 'CreateGrant', 'Service'), false);
  }
  return watch;
}

describe('ChangeWatch', () => {
  it('tells of a critical operation with who and on what, at once', () => {
    const [finding, ...rest] = learned(new ChangeWatch(plan())).take(
      call(28 * DAY, 'ScheduleKeyDeletion', 'Admin'),
      true,
    );
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ kind: 'change', at: 28 * DAY, callers: [role('Admin')] });
    expect(finding.text).toBe(
      'ScheduleKeyDeletion on 1234abcd (eu-central-1) by role/Admin (critical operation). Events like this are expected about once in 4 weeks.',
    );
    expect(finding.key).toMatchObject({ operation: 'ScheduleKeyDeletion', keyArn: KEY });
  });

  it.each([
    'ScheduleKeyDeletion',
    'DisableKey',
    'DeleteImportedKeyMaterial',
    'PutKeyPolicy',
    'CreateGrant',
    'RevokeGrant',
    'DisconnectCustomKeyStore',
  ])('knows %s for critical', (operation) => {
    const watch = new ChangeWatch(plan());
    watch.begin(0);
    expect(watch.take(call(28 * DAY, operation, 'Admin'), true).map(({ kind }) => kind)).toEqual(['change']);
  });

  it.each(['CreateKey', 'EnableKeyRotation', 'RotateKeyOnDemand', 'UpdateKeyDescription'])(
    'reports %s by a caller not seen before, and not by one that is known',
    (operation) => {
      const watch = learned(new ChangeWatch(plan({ firstPair: 0, firstSeen: 0 })));
      const [finding, ...rest] = watch.take(call(28 * DAY, operation, 'Stranger', { keyArns: [] }), true);
      expect(rest).toEqual([]);
      expect(finding.text).toBe(
        `${operation} by role/Stranger, a caller not seen before. Events like this are expected about once in 4 weeks.`,
      );
      expect(watch.take(call(28 * DAY + HOUR, operation, 'App', { keyArns: [] }), true)).toEqual([]);
    },
  );

  it('keeps what is routine to itself, and an errand to one notice', () => {
    const watch = learned(new ChangeWatch(plan()));
    expect(watch.take(call(28 * DAY, 'CreateGrant', 'Service'), true)).toEqual([]);
    expect(watch.take(call(28 * DAY, 'DisableKey', 'Admin'), true)).toHaveLength(1);
    expect(watch.take(call(28 * DAY + HOUR / 2, 'DisableKey', 'Admin'), true)).toEqual([]);
    expect(watch.take(call(28 * DAY + HOUR / 2, 'DisableKey', 'Other'), true)).toHaveLength(1);
  });

  it.each(['DeleteKey', 'DeleteExpiredKeyMaterial'])('tells of what KMS itself does to a key: %s', (operation) => {
    const watch = new ChangeWatch(plan());
    watch.begin(0);
    const done = { ...call(28 * DAY, operation, ''), caller: 'AWS Internal' };
    expect(watch.take(done, true).map(({ kind, text }) => [kind, text.split('. ')[0]])).toEqual([
      ['change', `${operation} on 1234abcd (eu-central-1) by AWS Internal (critical operation)`],
    ]);
  });

  it('has a budget for new callers and another for new uses', () => {
    const newUse = (budget: object) =>
      learned(new ChangeWatch(plan(budget))).take(call(28 * DAY, 'Encrypt', 'App'), true);
    expect(newUse({ firstSeen: 0.01 })).toHaveLength(1);
    expect(newUse({ firstPair: 0.01 })).toEqual([]);
  });

  it('has a budget for each kind', () => {
    const mean = learned(new ChangeWatch(plan({ changes: 0.01, firstSeen: 0.01 })));
    expect(mean.take(call(28 * DAY, 'DisableKey', 'Admin'), true)).toEqual([]);
    expect(mean.take(call(28 * DAY, 'Decrypt', 'Stranger'), true)).toEqual([]);
  });

  it('tells of a caller new to the key, and of one that does what it never did', () => {
    const watch = learned(new ChangeWatch(plan()));
    expect(watch.take(call(28 * DAY, 'Decrypt', 'Stranger'), true)[0].text).toMatch(
      /^role\/Stranger used 1234abcd \(eu-central-1\) for the first time \(Decrypt\)\./,
    );
    expect(watch.take(call(28 * DAY, 'Encrypt', 'App'), true)[0].text).toMatch(
      /^role\/App called Encrypt on 1234abcd \(eu-central-1\) for the first time\./,
    );
    expect(watch.take(call(28 * DAY, 'Encrypt', 'App'), true)).toEqual([]);
  });

  it('takes failures and dry runs for nothing, and says nothing while it learns', () => {
    const watch = learned(new ChangeWatch(plan()));
    expect(watch.take(call(28 * DAY, 'DisableKey', 'Admin', { error: 'AccessDeniedException' }), true)).toEqual([]);
    expect(watch.take(call(28 * DAY, 'Decrypt', 'New', { error: 'DryRunOperationException' }), true)).toEqual([]);
    expect(watch.take(call(28 * DAY, 'DisableKey', 'Admin'), false)).toEqual([]);
  });

  it('goes on from its data', () => {
    const watch = learned(new ChangeWatch(plan()));
    watch.take(call(28 * DAY, 'DisableKey', 'Admin'), true);
    const again = new ChangeWatch(plan(), JSON.parse(JSON.stringify(watch.data())));
    expect(again.take(call(28 * DAY + 1, 'DisableKey', 'Admin'), true)).toEqual([]);
    expect(again.data()).toEqual(JSON.parse(JSON.stringify(again.data())));
  });
});
