import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { Caller } from './call-aws.js';
import { loadClient } from './load-client.js';
import { Pages } from './pages.js';

/**
 * The alarms whose actions a mute rule takes away now: for each, by its name, the name of a rule.
 * @throws AwsCallError when a request fails for good
 */
export async function activeMutes(client: CloudWatchClient, caller: Caller): Promise<Map<string, string>> {
  const { GetAlarmMuteRuleCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const muted = new Map<string, string>();
  for (const rule of await activeRules(client, caller)) {
    const found = await caller.call('cloudwatch:GetAlarmMuteRule', (send) =>
      client.send(new GetAlarmMuteRuleCommand({ AlarmMuteRuleName: rule }), send),
    );
    // It may have ended since it was listed.
    if (found.Status !== undefined && found.Status !== 'ACTIVE') continue;
    for (const alarm of found.MuteTargets?.AlarmNames ?? []) if (!muted.has(alarm)) muted.set(alarm, rule);
  }
  return muted;
}

/** Names of the rules that are active. */
async function activeRules(client: CloudWatchClient, caller: Caller): Promise<string[]> {
  const { ListAlarmMuteRulesCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const names: string[] = [];
  const pages = new Pages('cloudwatch:ListAlarmMuteRules');
  let token: string | undefined;
  do {
    const page = await caller.call('cloudwatch:ListAlarmMuteRules', (send) =>
      client.send(
        new ListAlarmMuteRulesCommand({
          Statuses: ['ACTIVE'],
          ...(token === undefined ? {} : { NextToken: token }),
        }),
        send,
      ),
    );
    const rules = page.AlarmMuteRuleSummaries ?? [];
    // `arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:name`
    for (const { AlarmMuteRuleArn = '' } of rules) names.push(AlarmMuteRuleArn.split(':').slice(6).join(':'));
    token = pages.next(page.NextToken, rules.length);
  } while (token !== undefined);
  return names.filter((name) => name !== '');
}
