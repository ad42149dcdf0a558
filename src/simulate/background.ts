import { DAY, SECOND } from '../time/grid.js';
import { poisson } from './draws.js';
import { identityOf, isoSeconds } from './principal.js';
import type { Random } from './random.js';
import type { CloudTrailRecord } from './record.js';

/** Where a trail listens. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

interface Habit {
  readonly service: string;
  readonly operation: string;
  readonly caller: (account: string) => string;
  readonly parameters: (place: Place) => CloudTrailRecord['requestParameters'];
}

const HABITS: readonly Habit[] = [
  {
    service: 's3',
    operation: 'GetBucketAcl',
    caller: () => 'cloudtrail.amazonaws.com',
    parameters: ({ account, region }) => ({
      bucketName: `trail-${account}`,
      Host: `trail-${account}.s3.${region}.amazonaws.com`,
    }),
  },
  {
    service: 'sts',
    operation: 'AssumeRole',
    caller: () => 'ecs-tasks.amazonaws.com',
    parameters: ({ account }) => ({ roleArn: `arn:aws:iam::${account}:role/TaskRunner`, roleSessionName: 'task' }),
  },
  {
    service: 'ec2',
    operation: 'DescribeInstances',
    caller: (account) => `arn:aws:iam::${account}:role/Monitoring`,
    parameters: () => ({ instancesSet: {}, filterSet: {} }),
  },
];

/**
 * Other services' records of one UTC day, unordered: they show that the trail listened while KMS was silent.
 * @param perHour mean records an hour at each place
 */
export function backgroundOf(
  random: Random,
  places: readonly Place[],
  perHour: number,
  day: number,
): CloudTrailRecord[] {
  return places.flatMap((place) => {
    const stream = random.fork(place.account, place.region, day);
    return Array.from({ length: poisson(stream, perHour * 24) }, () => {
      const habit = stream.pick(HABITS);
      return otherRecord(stream, habit, place, day + stream.below(DAY / SECOND) * SECOND);
    });
  });
}

function otherRecord(random: Random, habit: Habit, place: Place, time: number): CloudTrailRecord {
  const caller = habit.caller(place.account);
  const userIdentity = identityOf(caller, time);
  const service = userIdentity.invokedBy;
  return {
    eventVersion: '1.11',
    userIdentity,
    eventTime: isoSeconds(time),
    eventSource: `${habit.service}.amazonaws.com`,
    eventName: habit.operation,
    awsRegion: place.region,
    sourceIPAddress: service ?? '192.0.2.7',
    userAgent: service ?? 'monitoring-agent/4.2',
    requestParameters: habit.parameters(place),
    responseElements: null,
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: place.account,
    ...(service !== undefined && { sharedEventID: random.uuid() }),
    eventCategory: 'Management',
  };
}
