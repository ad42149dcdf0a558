import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../src/engine/anomalies/anomaly-of-runs.js';
import type { Anomaly } from '../../src/engine/types.js';
import { closest, InputError } from '../../src/errors.js';
import type { Analysis } from '../../src/report/analysis.js';
import { analysisJson } from '../../src/report/analysis-json.js';
import type { AnomalyFilter } from '../../src/report/anomaly-filter.js';
import { facetsOf } from '../../src/report/facets.js';
import { ANOMALY_KINDS, filterAnalysis } from '../../src/report/filter.js';
import { renderMarkdown } from '../../src/report/render-markdown.js';
import { renderText } from '../../src/report/render-text.js';
import { seriesKey } from '../../src/series/key.js';
import { arnOf, reportOf } from './reports.js';

const { analysis: BASE } = reportOf(2);
const OPERATIONS = ['Decrypt', 'Encrypt', 'Sign'];
const CALLERS = ['arn:aws:iam::111122223333:role/App', 'arn:aws:sts::444455556666:assumed-role/Nightly/i-1'];

const anomalies = fc.array(
  fc.record({
    severity: fc.constantFrom(...SEVERITIES),
    kind: fc.constantFrom(...ANOMALY_KINDS),
    operation: fc.constantFrom(null, ...OPERATIONS),
    key: fc.constantFrom(null, 0, 1, 2),
    related: fc.constantFrom(null, ...OPERATIONS),
    caller: fc.constantFrom(null, ...CALLERS),
  }),
  { maxLength: 12 },
);

/** An analysis with these anomalies, and operations that refer to them as `operationsOf` does. */
function analysisOf(list: readonly Anomaly[]): Analysis {
  const use = { plane: 'data', critical: false, known: true, calls: 1, expected: 1, buckets: 1, above: 0, below: 0 };
  return {
    ...BASE,
    anomalies: list,
    operations: OPERATIONS.map((operation) => ({
      ...{ ...use, plane: 'data' as const, unknown: 0, operation },
      anomalies: list.flatMap(({ key, related }, i) =>
        key.operation === operation || related.some((row) => row.operation === operation) ? [i] : [],
      ),
    })),
  };
}

const analyses = anomalies.map((list) =>
  analysisOf(
    list.map(({ severity, kind, operation, key, related, caller }, i) => ({
      ...BASE.anomalies[0],
      ...{ id: String(i), severity, kind, verdict: 'above' },
      key: seriesKey({ operation, keyArn: key === null ? null : arnOf(key) }),
      related: related === null ? [] : [seriesKey({ operation: related })],
      callers: caller === null ? [] : [{ caller, calls: 9, usual: 1 }],
    })),
  ),
);

const filters: fc.Arbitrary<AnomalyFilter> = fc.record(
  {
    severity: fc.constantFrom(...SEVERITIES),
    kind: fc.uniqueArray(fc.constantFrom(...ANOMALY_KINDS), { minLength: 1 }),
    operation: fc.constantFrom(...OPERATIONS),
    key: fc.constantFrom(arnOf(0), '00000001', '0000'),
    caller: fc.constantFrom('role/App', 'Nightly', CALLERS[1]),
    top: fc.integer({ min: 1, max: 5 }),
  },
  { requiredKeys: [] },
);

describe('filterAnalysis', () => {
  it('keeps the anomalies that meet every field, in their order, and counts all of them', () => {
    fc.assert(
      fc.property(analyses, filters, (analysis, filter) => {
        const { anomalies, filtered, operations } = filterAnalysis(analysis, filter);
        // Written anew, without the code under test: severity by rank, names by hand.
        const meets = ({ severity, kind, key, related, callers = [] }: Anomaly) =>
          (filter.severity === undefined || SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(filter.severity)) &&
          (filter.kind === undefined || filter.kind.includes(kind)) &&
          (filter.operation === undefined || [key, ...related].some((row) => row.operation === filter.operation)) &&
          (filter.key === undefined ||
            (key.keyArn !== null &&
              (filter.key === '0000' ||
                key.keyArn.includes(filter.key === '00000001' ? '/00000001-' : '/00000000-')))) &&
          (filter.caller === undefined ||
            callers.some(({ caller }) => caller === CALLERS[filter.caller === 'role/App' ? 0 : 1]));
        const expected = analysis.anomalies.filter(meets).slice(0, filter.top);
        expect(anomalies).toEqual(expected);
        expect(filtered).toEqual({ shown: expected.length, of: analysis.anomalies.length, filter });
        // The operations refer to the same anomalies by their new places.
        expect(operations).toEqual(analysisOf(expected).operations);
        // A filter on what it let through lets all of it through, and still counts from the first.
        expect(filterAnalysis({ ...analysis, anomalies, operations, filtered }, filter).filtered).toEqual(filtered);
      }),
      { seed: 14, numRuns: 400 },
    );
  });

  it('finds an anomaly by each name that it concerns', () => {
    fc.assert(
      fc.property(analyses, (analysis) => {
        for (const anomaly of analysis.anomalies) {
          const { operations, keys, accounts, regions, callers } = facetsOf(anomaly, analysis.sources);
          const [all] = [{ operation: operations, key: keys, account: accounts, region: regions, caller: callers }];
          for (const [field, names] of Object.entries(all)) {
            for (const name of names) expect(filterAnalysis(analysis, { [field]: name }).anomalies).toContain(anomaly);
          }
        }
      }),
      { seed: 15, numRuns: 100 },
    );
  });

  it('takes rows over all keys for those of the only account and Region', () => {
    const analysis = analysisOf([{ ...BASE.anomalies[0], key: seriesKey({ operation: 'Sign' }), related: [] }]);
    expect(filterAnalysis(analysis, { account: '111122223333', region: 'eu-central-1' }).anomalies).toHaveLength(1);
    const second = { account: '444455556666', region: 'us-east-1', kmsCalls: 5, from: 0, to: 1 };
    const two = { ...analysis, sources: [...analysis.sources, second] };
    expect(filterAnalysis(two, { account: '111122223333' }).anomalies).toHaveLength(0);
  });

  it('is counted in every report, and nothing hidden reads as calm', () => {
    const { analysis, evidence } = reportOf(3);
    const none = filterAnalysis(analysis, { kind: ['drop', 'rare'] });
    const sentence = 'Showing 0 of 1 anomaly: --kind drop --kind rare.';
    expect(renderText(none)).toContain(`\n\n${sentence}\n\n`);
    expect(renderText(none).endsWith(`\n\n${sentence}`)).toBe(true);
    expect(renderText(none)).not.toMatch(/No anomal/);
    expect(renderMarkdown(none)).toContain('**Showing 0 of 1 anomaly: --kind drop --kind rare.**');
    expect(JSON.parse(analysisJson(none))).toMatchObject({
      anomalies: [],
      filtered: { shown: 0, of: 1, filter: { kind: ['drop', 'rare'] } },
    });
    const one = filterAnalysis(analysis, { operation: 'Decrypt' }, evidence.scores.window.keys);
    expect(renderText(one)).not.toContain('Showing');
  });

  it('refuses values that cannot be and names that nothing has, with what there is', () => {
    const { analysis, evidence } = reportOf(3);
    const rows = evidence.scores.window.keys;
    const refused = (filter: object) => () => filterAnalysis(analysis, filter, rows);
    expect(refused({ severity: 'hihg' })).toThrow(
      'filter.severity must be critical, high, medium or low, got "hihg". Did you mean high?',
    );
    expect(refused({ kind: ['spike', 'silense'] })).toThrow(/filter.kind must be .* Did you mean silence\?/);
    expect(refused({ operation: 'Decript' })).toThrow(
      'filter.operation must name an operation of the judged counts, got "Decript"; there is Decrypt. Did you mean Decrypt?',
    );
    expect(refused({ key: '0000000f' })).toThrow(
      'filter.key must name a key of the judged counts, got "0000000f"; there are 00000000, 00000001, 00000002. Did you mean 00000000?',
    );
    expect(refused({ region: 'eu-centrl-1' })).toThrow(/there is eu-central-1\. Did you mean eu-central-1\?/);
    expect(refused({ caller: 'Nobody' })).toThrow(/there (is|are) .*role\/Mallory/);
    for (const top of [0, 1.5, '3']) expect(refused({ top })).toThrow(/filter.top must be a whole number of 1 or more/);
    expect(refused({ operations: 'Decrypt' })).toThrow(/unknown field filter.operations.*Did you mean operation\?/);
    expect(refused({ account: [''] })).toThrow(InputError);
    // Without rows, what exists is not known.
    expect(filterAnalysis(analysis, { operation: 'Sign' }).filtered.shown).toBe(0);
  });
});

describe('closest', () => {
  it('knows a slip from another word', () => {
    const names = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'ReEncrypt'];
    expect(closest('decrypt', names)).toBe('Decrypt');
    expect(closest('Decyrpt', names)).toBe('Decrypt');
    expect(closest('GenerateDatKey', names)).toBe('GenerateDataKey');
    expect(closest('Sign', names)).toBeUndefined();
    expect(closest('', names)).toBeUndefined();
  });
});
