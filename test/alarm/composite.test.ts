import { describe, expect, it } from 'vitest';
import { parseAlarmExpression } from '../../src/alarm/alarm-expression.js';
import { type AlarmState, CompositeAlarm, type CompositeRule, type MuteWindow } from '../../src/alarm/index.js';
import { MuteWindows } from '../../src/alarm/mute-windows.js';
import { InputError } from '../../src/errors.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 5, 1);
const STATES: Readonly<Record<string, AlarmState>> = { a: 'ALARM', b: 'OK', c: 'INSUFFICIENT_DATA', 'd e': 'ALARM' };

describe('parseAlarmExpression', () => {
  it.each([
    ['ALARM(a)', true],
    ['ALARM(b)', false],
    ['OK(b) AND INSUFFICIENT_DATA(c)', true],
    ['ALARM("d e")', true],
    ["NOT ALARM('d e')", false],
    ['ALARM(b) OR ALARM(a) AND OK(b)', true],
    ['(ALARM(a) OR ALARM(b)) AND ALARM(c)', false],
    ['ALARM(b) OR NOT OK(c)', true],
    ['TRUE', true],
    ['FALSE OR NOT FALSE', true],
    ['AT_LEAST(2, ALARM, (a, b, "d e"))', true],
    ['AT_LEAST(3, ALARM, (a, b, "d e"))', false],
    ['AT_LEAST(50%, ALARM, (a, b, c, "d e"))', true],
    ['AT_LEAST(51%, ALARM, (a, b, c, "d e"))', false],
    ['AT_LEAST(2, NOT OK, (a, b, c))', true],
    ['ALARM(arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a)', false],
  ])('%s is %s', (rule, expected) => {
    const { holds } = parseAlarmExpression(rule);
    expect(holds((name) => STATES[name] ?? 'INSUFFICIENT_DATA')).toBe(expected);
  });

  it('takes as many brackets and letters as it may have, and quoted names of any kind', () => {
    const holds = (rule: string) => parseAlarmExpression(rule).holds((name) => STATES[name] ?? 'OK');
    expect(holds(`${'('.repeat(50)}TRUE${')'.repeat(50)}`)).toBe(true);
    expect(holds(`${'NOT '.repeat(50)}TRUE`)).toBe(true);
    expect(holds(`TRUE${' '.repeat(10_236)}`)).toBe(true);
    expect(parseAlarmExpression('ALARM("(") AND OK(TRUE) OR ALARM(\',\')').alarms).toEqual(['(', 'TRUE', ',']);
    expect(parseAlarmExpression(Array.from({ length: 100 }, (_, i) => `OK(${i})`).join(' OR ')).alarms).toHaveLength(
      100,
    );
  });

  it('names its alarms, each once', () => {
    expect(parseAlarmExpression('ALARM(a) AND (OK(b) OR AT_LEAST(1, OK, (a, "d e")))').alarms).toEqual([
      'a',
      'b',
      'd e',
    ]);
  });

  it.each([
    ['', 'rule must have ALARM(…), OK(…)'],
    ['ALARM(a', 'rule must have ) at character 7, got the end'],
    ['ALARM()', 'rule must have the name of an alarm at character 6, got ")"'],
    ['ALARM(', 'rule must have the name of an alarm at character 6, got the end'],
    ['ALARM("")', 'rule must have the name of an alarm at character 6, got ""'],
    ['ALARM a)', 'rule must have ( at character 6, got "a"'],
    ['AT_LEAST(1, ALARM, (a,', 'rule must have the name of an alarm at character 22, got the end'],
    ['AT_LEAST(1, ALARM, (a)', 'rule must have ) at character 22, got the end'],
    ['AT_LEAST(1, ALARMS, (a))', 'rule must have OK, ALARM, INSUFFICIENT_DATA at character 12, got "ALARMS"'],
    ['AT_LEAST', 'rule must have ( at character 8, got the end'],
    ['AT_LEAST(', 'rule must have a number or a share such as 50% at character 9, got the end'],
    ['"TRUE"', 'at character 0, got "TRUE"'],
    [`${'NOT '.repeat(51)}TRUE`, 'at most 50 brackets in one another'],
    ['A'.repeat(10_241), 'rule must be a text of at most 10,240 characters'],
    [7 as never, 'rule must be a text of at most 10,240 characters'],
    ['ALARM(a) OK(b)', 'rule must have AND, OR or the end at character 9, got "OK"'],
    ['ALRAM(a)', 'at character 0, got "ALRAM"'],
    ['AT_LEAST(x, ALARM, (a))', 'rule must have a number or a share such as 50% at character 9, got "x"'],
    ['AT_LEAST(3, ALARM, (a, b))', 'rule must ask for 1 to 2 of 2 alarms, got 3'],
    ['AT_LEAST(0, ALARM, (a, b))', 'rule must ask for 1 to 2 of 2 alarms, got 0'],
    [`${'('.repeat(60)}TRUE${')'.repeat(60)}`, 'at most 50 brackets in one another'],
    [Array.from({ length: 101 }, (_, i) => `ALARM(a${i})`).join(' OR '), 'rule must name at most 100 alarms, got 101'],
  ])('refuses %j', (rule, message) => {
    expect(() => parseAlarmExpression(rule)).toThrow(InputError);
    expect(() => parseAlarmExpression(rule)).toThrow(message);
  });
});

/** What each minute brings: `a` is the alarm below, `s` the suppressor; A alarm, - ok. */
function run(rule: Partial<CompositeRule>, a: string, s = ''): string[] {
  const alarm = new CompositeAlarm({ name: 'page', rule: 'ALARM(a)', ...rule });
  const state = (letters: string, i: number): AlarmState => (letters[i] === 'A' ? 'ALARM' : 'OK');
  return Array.from(a, (_, i) => {
    const { action, suppressedBy } = alarm.observe(START + i * MINUTE, { a: state(a, i), s: state(s, i) });
    return action?.to ?? suppressedBy ?? '.';
  });
}

describe('CompositeAlarm', () => {
  it('acts on every change at once, and on nothing else', () => {
    expect(run({}, '-AA-A')).toEqual(['OK', 'ALARM', '.', 'OK', 'ALARM']);
  });

  it('holds back what changes while the suppressor is in ALARM, and acts on what is left of it', () => {
    const rule = { suppressor: 's' };
    expect(run(rule, '-AAAA', '-AA--')).toEqual(['OK', 'Alarm', 'Alarm', 'ALARM', '.']);
    // Gone back meanwhile: nobody is notified of anything.
    expect(run(rule, '-AA--', '-AAA-')).toEqual(['OK', 'Alarm', 'Alarm', '.', '.']);
  });

  it('waits for the suppressor, and after its end', () => {
    const rule = { suppressor: 's', waitPeriod: 2 * MINUTE, extensionPeriod: 2 * MINUTE };
    // It comes in time; two minutes after its end the alarm is still there.
    expect(run(rule, '---AAAAAAA', '-----AA---').slice(3)).toEqual([
      'WaitPeriod',
      'WaitPeriod',
      'Alarm',
      'Alarm',
      'ExtensionPeriod',
      'ExtensionPeriod',
      'ALARM',
    ]);
    // It does not come.
    expect(run(rule, '---AAA', '------').slice(3)).toEqual(['WaitPeriod', 'WaitPeriod', 'ALARM']);
    // The alarm ends within the extension.
    expect(run(rule, '---AA---', '----A---').slice(3)).toEqual(['WaitPeriod', 'Alarm', '.', '.', '.']);
  });

  it('notifies nobody in a mute window, and of what is still so after it', () => {
    const mute = [{ from: START + MINUTE, to: START + 3 * MINUTE }];
    expect(run({ mute }, '-AAAA')).toEqual(['OK', 'Mute', 'Mute', 'ALARM', '.']);
    expect(run({ mute }, '-A---')).toEqual(['OK', 'Mute', '.', '.', '.']);
  });

  it('has its state whether or not anybody is notified; alarms that are not there have no data', () => {
    const alarm = new CompositeAlarm({ name: 'x', rule: 'INSUFFICIENT_DATA(gone)', suppressor: 's' });
    expect(alarm.state).toBe('INSUFFICIENT_DATA');
    const { state, change, action, suppressedBy } = alarm.observe(START, { s: 'ALARM' });
    expect([state, change?.id, action, suppressedBy]).toEqual(['ALARM', 'x#1', null, 'Alarm']);
    expect(alarm.alarms).toEqual(['gone']);
    expect(() => alarm.observe(START - 1, {})).toThrow('time must not be before the last');
  });

  it.each<[object, string]>([
    [{ name: '' }, 'name must be a text'],
    [{ suppressor: 'page' }, 'suppressor must be the name of another alarm'],
    [{ suppressor: '' }, 'suppressor must be the name of another alarm'],
    [{ suppressor: 5 as never }, 'suppressor must be the name of another alarm'],
    [{ waitPeriod: 1000 }, 'waitPeriod and extensionPeriod need a suppressor'],
    [{ suppressor: 's', waitPeriod: -1 }, 'waitPeriod must be an integer in'],
    [{ supressor: 's' }, 'rule.supressor is unknown: did you mean suppressor?'],
    [{ mute: [{ from: 2, to: 1 }] }, 'mute[0].from must be earlier than mute[0].to'],
  ])('refuses %j', (rule, message) => {
    expect(() => new CompositeAlarm({ name: 'page', rule: 'TRUE', ...rule })).toThrow(message);
  });
});

describe('mute windows', () => {
  const has = (window: MuteWindow, ...times: string[]) => {
    const windows = new MuteWindows([window]);
    return times.map((time) => windows.has(Date.parse(time)));
  };

  it('come back as cron says, in a zone, and end before their end', () => {
    const nights = { schedule: 'cron(0 2 * * SUN)', duration: 2 * HOUR, timeZone: 'Europe/Berlin' };
    // 2026-06-07 is a Sunday; Berlin is two hours ahead.
    expect(
      has(
        nights,
        '2026-06-06T23:59Z',
        '2026-06-07T00:00Z',
        '2026-06-07T01:59:59.999Z',
        '2026-06-07T02:00Z',
        '2026-06-08T00:30Z',
      ),
    ).toEqual([false, true, true, false, false]);
    const weekdays = { schedule: 'cron(30 18 * * MON-FRI)', duration: 12 * HOUR };
    expect(has(weekdays, '2026-06-05T18:30Z', '2026-06-06T06:29Z', '2026-06-06T18:30Z')).toEqual([true, true, false]);
    const monthly = { schedule: 'cron(0,30 1 1 JAN,JUL *)', duration: 10 * MINUTE };
    expect(has(monthly, '2026-07-01T01:35Z', '2026-07-01T01:15Z', '2026-06-01T01:35Z')).toEqual([true, false, false]);
    const either = { schedule: 'cron(0 0 13 * FRI)', duration: HOUR };
    expect(has(either, '2026-06-13T00:10Z', '2026-06-12T00:10Z', '2026-06-14T00:10Z')).toEqual([true, true, false]);
    const once = { schedule: 'at(2026-12-23T00:00)', duration: 15 * 24 * HOUR };
    expect(has(once, '2027-01-06T23:59Z', '2027-01-07T00:00Z', '2025-12-24T00:00Z')).toEqual([true, false, false]);
  });

  it('begin once where clocks go back', () => {
    const window = { schedule: 'cron(30 2 * * *)', duration: 30 * MINUTE, timeZone: 'Europe/Berlin' };
    // 02:30 comes twice, at 00:30 and 01:30 UTC.
    expect(has(window, '2026-10-25T00:40Z', '2026-10-25T01:40Z')).toEqual([true, false]);
    // 02:30 does not come at all.
    expect(has(window, '2026-03-29T00:40Z', '2026-03-29T01:10Z')).toEqual([false, false]);
  });

  it.each<[unknown, string]>([
    [{ schedule: 'cron(0 2 * * ? *)', duration: HOUR }, 'mute[0].schedule must be such as cron(0 2 * * SUN)'],
    [
      { schedule: 'cron(60 2 * * *)', duration: HOUR },
      'mute[0].schedule must have values from 0 to 59 there, got "60"',
    ],
    [{ schedule: 'cron(0 2 * * FRI-MON)', duration: HOUR }, 'must have ranges that go up, got "FRI-MON"'],
    [{ schedule: 'rate(1 day)', duration: HOUR }, 'mute[0].schedule must be such as'],
    [{ schedule: 'at(2026-13-01T00:00)', duration: HOUR }, 'mute[0].schedule must be such as'],
    [{ schedule: 'cron(0 2 * * *)', duration: 1 }, 'mute[0].duration must be from a minute to 15 days'],
    [{ schedule: 'cron(0 2 * * *)', duration: HOUR, timeZone: 'Mars' }, 'mute[0].timeZone'],
    [null, 'mute[0] must be { from, to } or { schedule, duration }, got null'],
  ])('refuse %j', (window, message) => {
    expect(() => new MuteWindows([window as MuteWindow])).toThrow(InputError);
    expect(() => new MuteWindows([window as MuteWindow])).toThrow(message);
  });
});
