import { describe, expect, it } from 'vitest';
import { recordedKms } from '../../src/aws/event-selectors.js';

const classic = (selector: object): object => ({ EventSelectors: [selector] });
const advanced = (...fields: object[]): object => ({ AdvancedEventSelectors: [{ FieldSelectors: fields }] });
const MANAGEMENT = { Field: 'eventCategory', Equals: ['Management'] };

describe('recordedKms', () => {
  it.each<[string, object, string, string]>([
    ['all management events', classic({ ReadWriteType: 'All', IncludeManagementEvents: true }), 'all', 'all'],
    ['a selector that says nothing', classic({}), 'all', 'all'],
    ['trap 2: WriteOnly, as AWS advises', classic({ ReadWriteType: 'WriteOnly' }), 'none', 'all'],
    ['ReadOnly', classic({ ReadWriteType: 'ReadOnly' }), 'all', 'none'],
    ['trap 2: KMS left out', classic({ ExcludeManagementEventSources: ['kms.amazonaws.com'] }), 'none', 'none'],
    ['RDS left out', classic({ ExcludeManagementEventSources: ['rdsdata.amazonaws.com'] }), 'all', 'all'],
    ['no management events', classic({ IncludeManagementEvents: false }), 'none', 'none'],
    ['no selector at all', {}, 'none', 'none'],
    [
      'two selectors, one for each class',
      { EventSelectors: [{ ReadWriteType: 'WriteOnly' }, { ReadWriteType: 'ReadOnly' }] },
      'all',
      'all',
    ],
    ['advanced, all management events', advanced(MANAGEMENT), 'all', 'all'],
    [
      'advanced, KMS left out',
      advanced(MANAGEMENT, { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] }),
      'none',
      'none',
    ],
    [
      'advanced, S3 left out',
      advanced(MANAGEMENT, { Field: 'eventSource', NotEquals: ['s3.amazonaws.com'] }),
      'all',
      'all',
    ],
    ['advanced, KMS only', advanced(MANAGEMENT, { Field: 'eventSource', StartsWith: ['kms.'] }), 'all', 'all'],
    [
      'advanced, sources of another ending',
      advanced(MANAGEMENT, { Field: 'eventSource', EndsWith: ['.com.cn'] }),
      'none',
      'none',
    ],
    [
      'advanced, none that begin with k',
      advanced(MANAGEMENT, { Field: 'eventSource', NotStartsWith: ['k'] }),
      'none',
      'none',
    ],
    [
      'advanced, none of amazonaws.com',
      advanced(MANAGEMENT, { Field: 'eventSource', NotEndsWith: ['s.com'] }),
      'none',
      'none',
    ],
    ['advanced, write events', advanced(MANAGEMENT, { Field: 'readOnly', Equals: ['false'] }), 'none', 'all'],
    ['advanced, some names', advanced(MANAGEMENT, { Field: 'eventName', NotEquals: ['Decrypt'] }), 'some', 'some'],
    [
      'trap 1: data events, which KMS has none of',
      advanced({ Field: 'eventCategory', Equals: ['Data'] }),
      'none',
      'none',
    ],
    [
      'advanced, whole and in part',
      {
        AdvancedEventSelectors: [
          { FieldSelectors: [MANAGEMENT, { Field: 'eventName', Equals: ['Decrypt'] }] },
          { FieldSelectors: [MANAGEMENT, { Field: 'readOnly', Equals: ['false'] }] },
        ],
      },
      'some',
      'all',
    ],
    [
      'the spelling of a record',
      { trailName: 'x', eventSelectors: [{ readWriteType: 'WriteOnly', includeManagementEvents: true }] },
      'none',
      'all',
    ],
    [
      'the advanced spelling of a record',
      {
        advancedEventSelectors: [
          {
            fieldSelectors: [
              { field: 'eventCategory', equals: ['Management'] },
              { field: 'readOnly', equals: ['true'] },
            ],
          },
        ],
      },
      'all',
      'none',
    ],
  ])('%s', (_, selectors, read, write) => {
    expect(recordedKms(selectors)).toEqual({ read, write });
  });

  it('takes nothing on trust', () => {
    for (const value of [undefined, null, 'x', [], { EventSelectors: 'x' }]) {
      expect(recordedKms(value)).toEqual({ read: 'none', write: 'none' });
    }
  });
});
