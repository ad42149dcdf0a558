import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as aws from '../src/aws/index.js';
import { checkOptions } from '../src/errors.js';
import * as node from '../src/node/index.js';
import * as root from './support/everything.js';

const HOUR = 3_600_000;
const set = root.seriesSet({
  start: 0,
  step: HOUR,
  series: [{ key: { operation: 'Decrypt' }, values: Array.from({ length: 24 * 21 }, (_, i) => i % 7) }],
});
const baseline = root.fitBaseline(set);
const scores = root.scoreWindow(baseline, set);
const client = new CloudTrailClient({ region: 'eu-central-1' }) as never;
const plan = root.definePlan({
  purpose: 'test',
  owner: 'me',
  sources: [{ name: 'x', poll: () => ({}) }] as never,
  notify: [{ name: 'y', tell: async () => undefined }],
});
const analysis = {} as never;

/** Every public function with options, called with options of which one has a mistyped name: the options, and that name. */
const DOORS: readonly (readonly [name: string, call: (options: never) => unknown, typed: string, meant: string])[] = [
  ['fitBaseline', (o) => root.fitBaseline(set, o), 'timezone', 'timeZone'],
  ['scoreWindow', (o) => root.scoreWindow(baseline, set, o), 'alertbudget', 'alertBudget'],
  ['Detector', (o) => new root.Detector(baseline, o), 'minEffekt', 'minEffect'],
  ['IncidentTracker', (o) => new root.IncidentTracker(o), 'alram', 'alarm'],
  ['IncidentTracker.take', (o) => new root.IncidentTracker().take(scores, o), 'form', 'from'],
  ['findAnomalies', (o) => root.findAnomalies(scores, o), 'caller', 'callers'],
  ['Baseline.describe', (o) => baseline.describe({}, o), 'alertBuget', 'alertBudget'],
  ['SeriesSetBuilder', (o) => new root.SeriesSetBuilder(o), 'setp', 'step'],
  ['seriesFromCsv', (o) => root.seriesFromCsv('', o), 'mesure', 'measure'],
  ['countCalls', (o) => root.countCalls([], o), 'onStat', 'onStats'],
  ['countServiceFaults', (o) => root.countServiceFaults([], o), 'stepp', 'step'],
  ['athenaCountQuery', (o) => root.athenaCountQuery(o), 'tabel', 'table'],
  ['athenaCoverageQuery', (o) => root.athenaCoverageQuery(o), 'acounts', 'accounts'],
  ['readAthenaCounts', (o) => root.readAthenaCounts([], o), 'coverge', 'coverage'],
  ['readAthenaCoverage', (o) => root.readAthenaCoverage([], o), 'maxQuite', 'maxQuiet'],
  ['keyFindings', (o) => root.keyFindings([], set, o), 'nwo', 'now'],
  ['backtest', (o) => root.backtest(set, [], o), 'Form', 'from'],
  ['simulateCalls', (o) => root.simulateCalls(o), 'seeds', 'seed'],
  ['simulateFleet', (o) => root.simulateFleet(o), 'historydays', 'historyDays'],
  ['simulateCleanFleet', (o) => root.simulateCleanFleet(o), 'sries', 'series'],
  ['deliveredFiles', (o) => root.deliveredFiles([], o).next(), 'duplicate', 'duplicated'],
  ['renderHtml', (o) => root.renderHtml(analysis, o), 'timezone', 'timeZone'],
  ['renderText', (o) => root.renderText(analysis, o), 'widht', 'width'],
  ['renderMarkdown', (o) => root.renderMarkdown(analysis, o), 'timeZoen', 'timeZone'],
  ['renderSvg', (o) => root.renderSvg(analysis, o), 'heigth', 'height'],
  ['analysisJson', (o) => root.analysisJson(analysis, o), 'comand', 'command'],
  ['wordsFor', (o) => root.wordsFor(analysis, o), 'zone', ''],
  ['quotaUses', (o) => root.quotaUses(set, o), 'acount', 'account'],
  ['quotaSeries', (o) => root.quotaSeries(set, o), 'regions', 'region'],
  ['quotaHeadroom', (o) => root.quotaHeadroom(set, o), 'bursts', 'burst'],
  ['judgeCounts', (o) => root.judgeCounts(set, o), 'untill', 'until'],
  ['judgeWindow', (o) => root.judgeWindow(baseline, set, o), 'sorces', 'sources'],
  ['cloudFormationTemplate', (o) => aws.cloudFormationTemplate([], o), 'regoin', 'region'],
  ['terraformConfiguration', (o) => aws.terraformConfiguration([], o), 'regoin', 'region'],
  ['sigmaRules', (o) => aws.sigmaRules(o), 'acounts', 'accounts'],
  ['currentAlarms', (o) => aws.currentAlarms(client, o), 'namespace', 'namespaces'],
  ['replayPlan', (o) => root.replayPlan(plan, o), 'form', 'from'],
  ['definePlan', (o) => root.definePlan(o), 'notfy', 'notify'],
  ['runPlan', (o) => root.runPlan(plan, o), 'stor', 'store'],
  ['planText', (o) => root.planText(plan, o), 'NOW', 'now'],
  ['webhookNotifier', (o) => root.webhookNotifier('https://x', o), 'header', 'headers'],
  ['retried', (o) => root.retried(async () => 1, o), 'retyr', 'retry'],
  ['Alarm', (o) => new root.Alarm({} as never, o), 'staet', 'state'],
  ['readCloudTrail', (o) => node.readCloudTrail('x', o), 'maxQuite', 'maxQuiet'],
  ['countCloudTrail', (o) => node.countCloudTrail('x', o), 'thread', 'threads'],
  ['logSource', (o) => node.logSource('x', o), 'nmae', 'name'],
  ['fitBaselineOnThreads', (o) => node.fitBaselineOnThreads(set, o), 'timezone', 'timeZone'],
  ['publishScores', (o) => aws.publishScores(client, scores, o), 'namespce', 'namespace'],
  ['currentAlarms', (o) => aws.currentAlarms(client, o), 'singal', 'signal'],
  ['alarmDefinitions', (o) => aws.alarmDefinitions(baseline, o), 'prefxi', 'prefix'],
  ['fetchMetricSeries', (o) => aws.fetchMetricSeries(client, o), 'discovr', 'discover'],
  ['athenaCounts', (o) => aws.athenaCounts(client, o), 'workgroup', 'workGroup'],
  ['listKmsMetrics', (o) => aws.listKmsMetrics(client, o), 'linkedAcounts', 'linkedAccounts'],
  ['snsNotifier', (o) => aws.snsNotifier(client, 'arn:aws:sns:x:1:y', o), 'nmae', 'name'],
  ['eventBridgeNotifier', (o) => aws.eventBridgeNotifier(client, o), 'eventBusname', 'eventBusName'],
  ['validateLogs', (o) => aws.validateLogs({ s3: client, cloudTrail: client }, o), 'bukcet', 'bucket'],
  ['bucketSource', (o) => aws.bucketSource(client, o), 'acount', 'account'],
  ['eventHistorySource', (o) => aws.eventHistorySource(client, o), 'operation', 'operations'],
  ['lookupKmsCalls', (o) => aws.lookupKmsCalls(client, o), 'onpage', 'onPage'],
  ['keyInventory', (o) => aws.keyInventory(client, o), 'persecond', 'perSecond'],
  ['ruleDefinitions', (o) => aws.ruleDefinitions(o), 'prefx', 'prefix'],
  ['metricFilters', (o) => aws.metricFilters(o), 'logGroup', ''],
  ['trailCoverage', (o) => aws.trailCoverage(client, o), 'form', 'from'],
  ['dashboardBody', (o) => aws.dashboardBody(baseline, o), 'titel', 'title'],
  ['readLogGroup', (o) => aws.readLogGroup(client, o), 'loggroup', 'logGroup'],
  ['estimateLookup', (o) => aws.estimateLookup(client, o), 'operation', 'operations'],
  ['s3Logs', (o) => aws.s3Logs(client, o), 'prefxi', 'prefix'],
  ['iamPolicy', (o) => aws.iamPolicy(o), 'adapter', 'adapters'],
  ['eventHistoryCoverage', (o) => aws.eventHistoryCoverage(o), 'acount', 'account'],
];

describe('options with a name that is none of theirs are refused', () => {
  it.each(DOORS)('%s', async (_, call, typed, meant) => {
    const wrong = async (options: unknown): Promise<unknown> => call(options as never);
    const error = await wrong({ [typed]: 1 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(root.InputError);
    const { message } = error as Error;
    expect(message).toMatch(new RegExp(`^(options|plan)\\.${typed} is unknown: `));
    if (meant !== '') expect(message).toContain(`did you mean ${meant}?`);
    for (const nothing of [null, 7, 'x', []]) {
      expect(await wrong(nothing).catch((reason: unknown) => reason)).toBeInstanceOf(root.InputError);
    }
  });

  it('whatever the name, and only names of their own', () => {
    const names = { timeZone: true, exclude: true } as const;
    fc.assert(
      fc.property(fc.string(), (name) => {
        const check = () => checkOptions(Object.fromEntries([[name, 1]]), names);
        if (Object.hasOwn(names, name)) check();
        else expect(check).toThrow(root.InputError);
      }),
    );
    checkOptions(Object.create({ other: 1 }), names);
    checkOptions(undefined, names);
    expect(() => checkOptions({ ['x'.repeat(1e6)]: 1 }, names)).toThrow(/is unknown: there are timeZone, exclude$/);
    expect(() => checkOptions(JSON.parse('{"__proto__":1}'), names)).toThrow('options.__proto__ is unknown');
  });
});

/** Every public function that takes a key as a caller writes it down. */
const KEYED: readonly (readonly [name: string, call: (key: never) => unknown])[] = [
  ['seriesSet', (key) => root.seriesSet({ start: 0, step: HOUR, series: [{ key, values: [1] }] })],
  ['SeriesSetBuilder.add', (key) => new root.SeriesSetBuilder({ step: HOUR }).add(key, 0)],
  ['rowOf', (key) => root.rowOf(set, key)],
  ['Baseline.band', (key) => baseline.band(key, 0)],
  ['Baseline.chanceOf', (key) => baseline.chanceOf(key, 0, 1)],
  ['Baseline.describe', (key) => baseline.describe(key)],
  ['Detector.band', (key) => new root.Detector(baseline).band(key, 0)],
  ['Detector.markExpected', (key) => new root.Detector(baseline).markExpected(key, 0, HOUR)],
  ['Detector.accept', (key) => new root.Detector(baseline).accept(key, 0)],
  ['Detector.retire', (key) => new root.Detector(baseline).retire(key)],
];

describe('keys with a name that is none of theirs are refused, where they would be keys of a sum', () => {
  it.each(KEYED)('%s', (_, call) => {
    const at = /^(series\[0\]\.)?key/.source;
    for (const [key, message] of [
      [{ operaton: 'Decrypt' }, '\\.operaton is unknown: did you mean operation\\?'],
      [{ operation: 7 }, '\\.operation must be a text or null, got 7'],
      [{ outcome: 'failed' }, "\\.outcome must be 'ok', 'error', 'dry-run' or null, got \"failed\""],
      ['Decrypt', ' must be an object, got "Decrypt"'],
      [undefined, ' must be an object, got undefined'],
    ] as const) {
      expect(() => call(key as never)).toThrow(root.InputError);
      expect(() => call(key as never)).toThrow(new RegExp(`${at}${message}`));
    }
  });
});

/** Every public function with an alert budget. */
const BUDGETED: readonly (readonly [name: string, call: (alertBudget: never) => unknown])[] = [
  ['scoreWindow', (alertBudget) => root.scoreWindow(baseline, set, { alertBudget })],
  ['Detector', (alertBudget) => new root.Detector(baseline, { alertBudget })],
  ['Baseline.describe', (alertBudget) => baseline.describe({ operation: 'Decrypt' }, { alertBudget })],
  ['analyzeCounts', (alertBudget) => root.analyzeCounts(set, { alertBudget })],
  ['alarmDefinitions', (alertBudget) => aws.alarmDefinitions(baseline, { alertBudget })],
  ['dashboardBody', (alertBudget) => aws.dashboardBody(baseline, { alertBudget })],
];

describe('an alert budget that is none is refused, where it would be 1 in silence', () => {
  it.each(BUDGETED)('%s', (_, call) => {
    for (const [budget, message] of [
      [5, 'alertBudget must be an object, got 5'],
      [null, 'alertBudget must be an object, got null'],
      [{ perweek: 5 }, 'alertBudget.perweek is unknown: did you mean perWeek?'],
      [{}, 'alertBudget.perWeek must be a finite number in (0, 1000000000], got undefined'],
      [{ perWeek: 0 }, 'alertBudget.perWeek must be a finite number in (0, 1000000000], got 0'],
    ] as const) {
      expect(() => call(budget as never)).toThrow(root.InputError);
      expect(() => call(budget as never)).toThrow(message);
    }
  });
});

/** What is taken for a set by whoever forgets `await`, or what else a count returns. */
const SETS: readonly (readonly [name: string, call: (set: never) => unknown, parameter: string])[] = [
  ['fitBaseline', (it) => root.fitBaseline(it), 'history'],
  ['scoreWindow', (it) => root.scoreWindow(baseline, it), 'window'],
  ['Detector.observe', (it) => new root.Detector(baseline).observe(it), 'window'],
  ['sliceWindow', (it) => root.sliceWindow(it, 0, HOUR), 'set'],
  ['concatSets', (it) => root.concatSets([it]), 'sets[0]'],
  ['seriesToBytes', (it) => root.seriesToBytes(it), 'set'],
  ['seriesToCsv', (it) => root.seriesToCsv(it), 'set'],
  ['analyzeCounts', (it) => root.analyzeCounts(it), 'counts'],
];

describe('what is no set is refused with what to hand in', () => {
  it.each(SETS)('%s', (_, call, parameter) => {
    for (const [given, found] of [
      [Promise.resolve(set), 'a promise: await it'],
      [{ set }, 'an object that has one: its set'],
      [{}, 'an object'],
      [undefined, 'undefined'],
    ] as const) {
      expect(() => call(given as never)).toThrow(root.InputError);
      expect(() => call(given as never)).toThrow(`${parameter} must be a SeriesSet, got ${found}`);
    }
  });
});
