import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  exports: Record<string, { default: string }>;
};
const entries = Object.keys(exports).filter((entry) => entry !== './package.json');

/** The values of an entry, as its sources export them. */
async function valuesOf(entry: string): Promise<string[]> {
  const file = exports[entry].default.replace('./dist/', '../src/').replace(/\.js$/, '.ts');
  return Object.keys(await import(file)).sort();
}

/**
 * What each entry exports: a contract. A name that is added stands here too; one that is taken away or moved stands in
 * CHANGELOG.md as well. The root entry has the main path, some 40 names, and nothing else.
 */
const NAMES: Readonly<Record<string, string>> = {
  '.': `ABOVE BELOW Baseline CANDIDATE_ZONES Detector FormatError IncidentTracker InputError NORMAL REASONS SeriesSetBuilder UNKNOWN
    analyzeCounts backtest calibration concatSets countCalls findAnomalies fitBaseline gridEnd keyId kmsEventsIn operationInfo
    parseRecord reasonAt rowOf scoreWindow selectRows seriesFromBytes seriesFromCsv seriesKey seriesSet seriesToBytes seriesToCsv
    simulateCalls sliceWindow valueAt verdictAt wordsFor`,
  './simulate': `SHOP_CALLERS SHOP_KEYS deliveredFiles shopCall shopSources simulateCalls simulateCleanFleet simulateFleet`,
  './evaluate': `NAB_PROFILES RATE_BANDS backtest bestDelayedF1 calibration calibrationText nabBest nabNormalised nabScore
    observeChunks recallAt scoreVerdicts summaryOf tallySurprise`,
  './report': `FAULT_KINDS analysisJson analysisOf analyzeCounts anomaliesToCsv countServiceFaults faultOf filterAnalysis
    judgeCounts judgeWindow judgeWithEvidence keyLabelsFrom keyLoss logSources nameKeys nextSteps plotSeries
    printable quotaHeadroom quotaSeries quotaUses quotaWords renderHtml renderLogs renderMarkdown renderSvg
    renderText scoresToCsv serviceHealth sparkline textTable wordsFor`,
  './plan': `LimitError NotifyError RareKinds StoreConflict definePlan healthText jsonLinesNotifier keyFindings
    machineClock memoryStore newCallers noticeJson planText retried routedNotifier runPlan textNotifier webhookNotifier`,
  './alarm': `Alarm evaluateDatapoints`,
  './kms': `KMS_OPERATIONS REFUSED_KEYS UNKNOWN_CALLER athenaCountQuery athenaCoverageQuery athenaEventsQuery countCalls
    errorInfo insightsEventsQuery judgedRows keyFindings kmsEventsIn newCallers operationInfo parseRecord
    readAthenaCounts readAthenaCoverage refusedKeys`,
  './node': `StoreError countCloudTrail fileStore fitBaselineOnThreads holidays logSource readCloudTrail`,
  './aws': `AWS_PERMISSIONS AthenaQueryError AwsCallError NOTICE_DETAIL_TYPE NOTICE_SOURCE Pacer PublishError
    SENDING_PERMISSIONS alarmDefinitions athenaCounts athenaSource bucketSource currentAlarms dashboardBody decodeSubscription
    dynamoStore estimateLookup eventBridgeNotifier eventHistoryCoverage eventHistorySource fetchMetricSeries iamPolicy
    keyInventory listKmsMetrics logGroupSource lookupKmsCalls metricFilters metricSource observeByClass publishScores readLogGroup
    ruleDefinitions s3Logs s3Store snsNotifier systemClock trailCoverage trailSource validateLogs`,
  './aws/athena': `AthenaQueryError AwsCallError Pacer athenaCountQuery athenaCounts athenaCoverageQuery athenaEventsQuery athenaSource
    readAthenaCounts readAthenaCoverage`,
  './aws/cloudtrail': `AwsCallError Pacer estimateLookup eventHistoryCoverage eventHistorySource lookupKmsCalls trailCoverage`,
  './aws/cloudwatch': `AwsCallError Pacer PublishError alarmDefinitions currentAlarms dashboardBody fetchMetricSeries listKmsMetrics
    metricSource observeByClass publishScores`,
  './aws/cloudwatch-logs': `AwsCallError Pacer decodeSubscription insightsEventsQuery logGroupSource metricFilters readLogGroup`,
  './aws/dynamodb': `AwsCallError Pacer dynamoStore`,
  './aws/eventbridge': `NOTICE_DETAIL_TYPE NOTICE_SOURCE eventBridgeNotifier ruleDefinitions`,
  './aws/kms': `AwsCallError Pacer keyInventory`,
  './aws/permissions': `AWS_PERMISSIONS SENDING_PERMISSIONS iamPolicy`,
  './aws/s3': `AwsCallError Pacer bucketSource s3Logs s3Store`,
  './aws/sns': `snsNotifier`,
};

/** The packages that the declarations of a file need, through all files that they import. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const { fileName: path } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
    const found = path.startsWith('.')
      ? packagesOf(join(dirname(file), path.replace(/\.js$/, '.d.ts')), seen)
      : [path.startsWith('@') ? path.split('/').slice(0, 2).join('/') : path];
    for (const name of found) packages.add(name);
  }
  return packages;
}

describe('the entries of the package', () => {
  it('are those that the sources have', () => {
    expect(entries).toEqual([
      '.',
      './simulate',
      './evaluate',
      './report',
      './plan',
      './alarm',
      './kms',
      './node',
      './aws',
      './aws/athena',
      './aws/cloudtrail',
      './aws/cloudwatch',
      './aws/cloudwatch-logs',
      './aws/eventbridge',
      './aws/kms',
      './aws/permissions',
      './aws/s3',
      './aws/sns',
    ]);
  });

  it.each(entries)('export what is promised: %s', async (entry) => {
    expect(await valuesOf(entry)).toEqual((NAMES[entry] ?? '').split(/\s+/).sort());
  });

  it.skipIf(!existsSync(`${ROOT}dist/index.d.ts`)).each(entries)('need the types of no other client: %s', (entry) => {
    const packages = packagesOf(ROOT + exports[entry].default.replace(/\.js$/, '.d.ts'));
    const clients = [...packages].filter((name) => name.startsWith('@aws-sdk/'));
    const own = entry.startsWith('./aws/') ? `@aws-sdk/client-${entry.slice('./aws/'.length)}` : undefined;
    if (entry !== './aws') expect(clients.filter((name) => name !== own)).toEqual([]);
    if (!/^\.\/(?:node|aws)/.test(entry)) expect([...packages]).toEqual([]);
  });
});
