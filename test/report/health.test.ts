import { describe, expect, it } from 'vitest';
import { findAnomalies } from '../../src/engine/anomalies/find-anomalies.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import type { KmsCall } from '../../src/kms/call.js';
import { countServiceFaults, FAULT_KINDS, faultOf, serviceHealth } from '../../src/report/health.js';
import { wordsFor } from '../../src/report/words.js';
import { observedRow, rowOf, seriesSet, valueAt } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, MONDAY, STEP } from '../support/sets.js';

const HOUR = 3_600_000;

function call(time: number, error: string | null, fields: Partial<KmsCall> = {}): KmsCall {
  return {
    time,
    operation: 'Decrypt',
    keyArns: ['arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
    account: '111122223333',
    region: 'eu-central-1',
    caller: 'arn:aws:iam::111122223333:role/App',
    error,
    eventId: '',
    sharedEventId: null,
    ...fields,
  };
}

/** Three weeks of calls, a throttled one every few hours; on the last day KMS fails for twenty minutes. */
function* threeWeeks(): Generator<KmsCall> {
  const random = seeded(7);
  for (let time = MONDAY; time < MONDAY + 21 * DAY; time += STEP) {
    for (let i = poisson(random, 20); i > 0; i--) yield call(time, null);
    for (let i = poisson(random, 0.02); i > 0; i--) yield call(time, 'ThrottlingException');
    const outage = time >= MONDAY + 20 * DAY + 9 * HOUR && time < MONDAY + 20 * DAY + 9 * HOUR + 4 * STEP;
    if (outage) for (let i = 0; i < 6; i++) yield call(time, 'KMSInternalException');
  }
}

describe('faultOf', () => {
  it('traps 12 and 40: tells faults of the service from mistakes of the caller, resource quotas among them', () => {
    expect(
      ['KMSInternalException', 'DependencyTimeoutException', 'KeyUnavailableException', 'ThrottlingException'].map(
        faultOf,
      ),
    ).toEqual(FAULT_KINDS.slice(0, 4));
    expect(['XksProxyUriUnreachableException', 'CloudHsmClusterNotActiveException'].map(faultOf)).toEqual([
      'key store errors',
      'key store errors',
    ]);
    const callers = [null, 'AccessDenied', 'DisabledException', 'DryRunOperationException', 'NotFoundException', ''];
    expect(callers.map(faultOf)).toEqual(callers.map(() => null));
    // A resource quota, not a rate.
    expect(faultOf('LimitExceededException')).toBeNull();
  });
});

describe('countServiceFaults', () => {
  it('counts each kind over all and by Region, with zeros for what never came, and copies once', async () => {
    const calls = [
      call(MONDAY, 'KMSInternalException', { eventId: 'a' }),
      call(MONDAY, 'KMSInternalException', { eventId: 'a' }),
      call(MONDAY, 'ThrottlingException', { region: 'us-east-1' }),
      call(MONDAY, 'AccessDenied'),
      call(MONDAY, null),
    ];
    const set = await countServiceFaults(calls, { start: MONDAY, end: MONDAY + HOUR });
    expect(
      set.keys.map(({ metric, region }) => [metric, region, valueAt(set, rowOf(set, { metric, region }), 0)]),
    ).toEqual([
      ['KMS internal errors', null, 1],
      ['KMS dependency timeouts', null, 0],
      ['KMS unavailable keys', null, 0],
      ['KMS throttled calls', null, 1],
      ['KMS key store errors', null, 0],
      ['KMS internal errors', 'eu-central-1', 1],
      ['KMS dependency timeouts', 'eu-central-1', 0],
      ['KMS unavailable keys', 'eu-central-1', 0],
      ['KMS throttled calls', 'eu-central-1', 0],
      ['KMS key store errors', 'eu-central-1', 0],
      ['KMS internal errors', 'us-east-1', 0],
      ['KMS dependency timeouts', 'us-east-1', 0],
      ['KMS unavailable keys', 'us-east-1', 0],
      ['KMS throttled calls', 'us-east-1', 1],
      ['KMS key store errors', 'us-east-1', 0],
    ]);
  });

  it('observes what the calls’ own logs covered, for kinds that never came too', async () => {
    const coverage = [
      { account: '111122223333', region: 'eu-central-1', from: MONDAY, to: MONDAY + HOUR },
      { account: '111122223333', region: 'us-east-1', from: MONDAY, to: MONDAY + 2 * HOUR },
    ];
    const calls = [call(MONDAY, null), call(MONDAY, null, { region: 'us-east-1' })];
    const set = await countServiceFaults(calls, { start: MONDAY, end: MONDAY + 3 * HOUR, step: HOUR, coverage });
    const flags = (region: string | null) => [
      ...observedRow(set, rowOf(set, { metric: 'KMS key store errors', region })),
    ];
    expect([flags(null), flags('eu-central-1'), flags('us-east-1')]).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
    ]);
    const silent = await countServiceFaults([], { start: MONDAY, end: MONDAY + 3 * HOUR, step: HOUR, coverage });
    expect([...observedRow(silent, 0)]).toEqual([1, 0, 0]);
    expect(silent.keys).toHaveLength(FAULT_KINDS.length);
  });

  it('is judged like any other series: an outage of KMS is found and told, everyday throttling is not', async () => {
    const set = await countServiceFaults(threeWeeks());
    const baseline = fitBaseline(sliceWindow(set, MONDAY, MONDAY + 20 * DAY), { timeZone: 'UTC' });
    const scores = scoreWindow(baseline, sliceWindow(set, MONDAY + 20 * DAY, MONDAY + 21 * DAY));
    const anomalies = findAnomalies(scores);
    expect(anomalies).toHaveLength(1);
    expect(anomalies[0]).toMatchObject({ verdict: 'above', value: 24, from: MONDAY + 20 * DAY + 9 * HOUR });
    expect(wordsFor(anomalies[0])).toMatch(/^\w+\. KMS internal errors in eu-central-1, .* none in the history/);
  });
});

describe('serviceHealth', () => {
  it('keeps throttling, errors that are errors, and the key managers’ states', () => {
    const store = 'CustomKeyStoreId=cks-1';
    const metrics = [
      `AWS/KMS ExternalKeyStoreThrottle ${store} KeySpec=SYMMETRIC_DEFAULT KmsOperation=Decrypt`,
      `AWS/KMS XksProxyErrors ${store} ErrorType=N/A ExceptionName=None KmsOperation=Decrypt`,
      `AWS/KMS XksProxyErrors ${store} ErrorType=Retryable ExceptionName=Timeout KmsOperation=Decrypt`,
      'AWS/Usage CallCount Resource=DescribeKey',
      `AWS/KMS XksProxyCredentialAge ${store}`,
    ];
    const set = seriesSet({
      start: 0,
      step: STEP,
      series: metrics.map((metric) => ({ key: { metric }, values: [1] })),
    });
    expect(serviceHealth(set).keys.map(({ metric }) => metric)).toEqual([metrics[0], metrics[2]]);
  });
});
