import {
  type DeploySettings,
  deployNames,
  deployPolicy,
  logPolicy,
  MEMORY,
  OWN_ALARMS,
  RUNTIME,
  SCHEDULE,
  TIMEOUT,
  TRUST,
} from './deploy-names.js';

/**
 * A CloudFormation template of the function, its schedule, state, topic and alarms. `Code` is a folder beside it, which
 * `aws cloudformation package` and `sam deploy` put into S3.
 */
export function deployTemplate(settings: DeploySettings): object {
  const names = deployNames(settings);
  const { topic, email } = settings;
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Watches the KMS keys of ${settings.account} in ${settings.region}`,
    Resources: {
      ...stateResources(names.stateBucket),
      ...(topic === undefined ? { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: names.function } } } : {}),
      ...(email === undefined
        ? {}
        : {
            Mail: {
              Type: 'AWS::SNS::Subscription',
              Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: email },
            },
          }),
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: names.logGroup, RetentionInDays: 30 } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: TRUST,
          Policies: [
            { PolicyName: 'kms-baseline', PolicyDocument: deployPolicy(settings) },
            { PolicyName: 'log', PolicyDocument: logPolicy(names) },
          ],
        },
      },
      Function: {
        Type: 'AWS::Lambda::Function',
        DependsOn: ['Log', 'StateBucket'],
        Properties: {
          FunctionName: names.function,
          Runtime: RUNTIME,
          Architectures: ['arm64'],
          Handler: 'function.handler',
          Code: 'function',
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          MemorySize: MEMORY,
          Timeout: TIMEOUT,
          Environment: { Variables: { PLAN: 'plan.json' } },
        },
      },
      Schedule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: SCHEDULE,
          Targets: [{ Id: 'poll', Arn: { 'Fn::GetAtt': ['Function', 'Arn'] } }],
        },
      },
      MaySchedule: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { Ref: 'Function' },
          Principal: 'events.amazonaws.com',
          SourceArn: { 'Fn::GetAtt': ['Schedule', 'Arn'] },
        },
      },
      ...alarmResources(names.function, topic ?? { Ref: 'Topic' }),
    },
  };
}

/** The state stays when the stack is removed. Each poll writes it: old versions are kept for a day, snapshots longer. */
function stateResources(bucket: string): object {
  return {
    StateBucket: {
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketName: bucket,
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: {
          Rules: [
            {
              Id: 'old-versions',
              Status: 'Enabled',
              NoncurrentVersionExpiration: { NoncurrentDays: 1 },
              ExpiredObjectDeleteMarker: true,
            },
          ],
        },
      },
    },
  };
}

function alarmResources(name: string, topic: unknown): object {
  return Object.fromEntries(
    OWN_ALARMS.map(({ id, why, metric, operator, period, periods, datapoints, missing }) => [
      `Alarm${id}`,
      {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          AlarmName: `${name}-${id}`,
          AlarmDescription: why,
          Namespace: 'AWS/Lambda',
          MetricName: metric,
          Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'Function' } }],
          Statistic: 'Sum',
          Period: period,
          EvaluationPeriods: periods,
          DatapointsToAlarm: datapoints,
          ComparisonOperator: operator,
          Threshold: 1,
          TreatMissingData: missing,
          AlarmActions: [topic],
          OKActions: [topic],
        },
      },
    ]),
  );
}
