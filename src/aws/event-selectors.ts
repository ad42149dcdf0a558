import { at, isObject } from '../kms/raw-record.js';

/** Whether events of one class are recorded: all of them, only some (by their name or caller, say), or none. */
export type Recorded = 'all' | 'some' | 'none';

/** What a trail records of KMS. Cryptographic operations are read events, for the most part; changes to keys are write events. */
export interface RecordedKms {
  readonly read: Recorded;
  readonly write: Recorded;
}

/** What a trail without selectors of its own records: all management events (CloudTrail User Guide, management events). */
export const RECORDS_ALL: RecordedKms = { read: 'all', write: 'all' };

/**
 * What event selectors let through of KMS's management events, `GetEventSelectors`' answer or the request parameters of a
 * `PutEventSelectors` record, which spell the same names in lower case. An event is recorded when any selector lets it
 * through (CloudTrail User Guide, logging-management-events-with-cloudtrail). Selectors of data events say nothing of KMS:
 * all of its events, Decrypt too, are management events.
 */
export function recordedKms(selectors: unknown): RecordedKms {
  const advanced = listOf(selectors, 'AdvancedEventSelectors');
  const classic = listOf(selectors, 'EventSelectors');
  const of = (readOnly: boolean): Recorded => {
    let recorded: Recorded = 'none';
    for (const selector of advanced) recorded = more(recorded, byAdvanced(selector, readOnly));
    for (const selector of classic) recorded = more(recorded, byClassic(selector, readOnly));
    return recorded;
  };
  return { read: of(true), write: of(false) };
}

const KMS = 'kms.amazonaws.com';

function byClassic(selector: unknown, readOnly: boolean): Recorded {
  if (field(selector, 'IncludeManagementEvents') === false) return 'none';
  if (listOf(selector, 'ExcludeManagementEventSources').includes(KMS)) return 'none';
  const type = field(selector, 'ReadWriteType') ?? 'All';
  return type === 'All' || type === (readOnly ? 'ReadOnly' : 'WriteOnly') ? 'all' : 'none';
}

/** A selector lets through what meets all of its conditions. */
function byAdvanced(selector: unknown, readOnly: boolean): Recorded {
  const event: Readonly<Record<string, string>> = {
    eventCategory: 'Management',
    eventSource: KMS,
    readOnly: String(readOnly),
  };
  let recorded: Recorded = 'all';
  for (const condition of listOf(selector, 'FieldSelectors')) {
    const value = event[String(field(condition, 'Field'))];
    // A condition on something that KMS events differ in, such as their name.
    if (value === undefined) recorded = 'some';
    else if (!meets(value, condition)) return 'none';
  }
  return recorded;
}

function meets(value: string, condition: unknown): boolean {
  const any = (name: string, test: (wanted: string) => boolean): boolean | null => {
    const wanted = listOf(condition, name);
    return wanted.length === 0 ? null : wanted.some((text) => typeof text === 'string' && test(text));
  };
  return (
    any('Equals', (text) => value === text) !== false &&
    any('StartsWith', (text) => value.startsWith(text)) !== false &&
    any('EndsWith', (text) => value.endsWith(text)) !== false &&
    any('NotEquals', (text) => value === text) !== true &&
    any('NotStartsWith', (text) => value.startsWith(text)) !== true &&
    any('NotEndsWith', (text) => value.endsWith(text)) !== true
  );
}

function more(a: Recorded, b: Recorded): Recorded {
  if (a === 'all' || b === 'all') return 'all';
  return a === 'some' || b === 'some' ? 'some' : 'none';
}

function field(value: unknown, name: string): unknown {
  return at(value, name) ?? at(value, name.charAt(0).toLowerCase() + name.slice(1));
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = isObject(value) ? field(value, name) : undefined;
  return Array.isArray(list) ? list : [];
}
