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
