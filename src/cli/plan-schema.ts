import { AwsClients } from '../aws/clients.js';
import { entrySchema, LENGTH, type Schema, TEXT, TEXTS } from './plan-entry.js';
import { notifierKinds } from './plan-notifiers.js';
import { sourceKinds } from './plan-sources.js';

const TIME: Schema = { oneOf: [TEXT, { type: 'integer' }] };
const BUDGET: Schema = { type: 'number', exclusiveMinimum: 0 };

function object(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** The JSON Schema of a plan's file, for editors and for checks before it runs. */
export function planSchema(): Schema {
  const context = { folder: '.', clients: new AwsClients() };
  const notifiers = notifierKinds(context, { stdout: { write: () => undefined } }, {});
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'kms-baseline plan',
    description: 'Lengths of time are texts such as 5m, 1h, 2w, or milliseconds. Paths are relative to the file.',
    ...object(
      {
        $schema: TEXT,
        name: { type: 'string', pattern: '^[A-Za-z0-9][\\w.-]{0,63}$' },
        purpose: TEXT,
        owner: TEXT,
        resources: object({ keys: TEXTS, operations: TEXTS, accounts: TEXTS, regions: TEXTS }),
        sources: { type: 'array', items: entrySchema(sourceKinds(context)), minItems: 1 },
        notify: { type: 'array', items: entrySchema(notifiers), minItems: 1 },
        every: LENGTH,
        step: LENGTH,
        grace: LENGTH,
        learnFor: LENGTH,
        judgeFirst: LENGTH,
        refitEvery: LENGTH,
        noDataAfter: LENGTH,
        answerWithin: LENGTH,
        timeZone: TEXT,
        learn: { enum: ['accept-shifts', 'hold'] },
        alertBudget: object({ perWeek: BUDGET, changes: BUDGET, firstSeen: BUDGET, firstPair: BUDGET }),
        alarm: object({
          datapointsToAlarm: { type: 'integer', minimum: 1 },
          evaluationPeriods: { type: 'integer', minimum: 1 },
          minCalls: { type: 'integer', minimum: 0 },
        }),
        exclude: { type: 'array', items: object({ from: TIME, to: TIME }, ['from', 'to']) },
        calendar: { type: 'object' },
        holidays: TEXT,
        state: { anyOf: [TEXT, { type: 'object' }] },
        snapshots: { type: 'object' },
        stateId: TEXT,
        inventory: { const: true },
        aws: object({ profile: TEXT, region: TEXT, endpoint: TEXT }),
      },
      ['purpose', 'owner', 'sources', 'notify'],
    ),
  };
}
