import { resolve } from 'node:path';
import { eventBridgeNotifier } from '../aws/notify-eventbridge.js';
import { snsNotifier } from '../aws/notify-sns.js';
import { InputError, shown } from '../errors.js';
import { appendLine } from '../node/append-line.js';
import type { NoticeChange, NoticeKind, Notifier } from '../plan/notice.js';
import { jsonLinesNotifier, textNotifier, webhookNotifier } from '../plan/notifiers.js';
import { NOTICE_CHANGES, NOTICE_KINDS, NOTICE_SEVERITIES, routedNotifier } from '../plan/routed.js';
import type { CliIo } from './output.js';
import { type Entry, type EntryKind, type EntryKinds, type Schema, TEXT } from './plan-entry.js';
import type { PlanContext } from './plan-sources.js';

/** An address, or the environment variable that holds it, so that it stands in no file. */
const ADDRESS: Schema = {
  oneOf: [TEXT, { type: 'object', properties: { env: TEXT }, required: ['env'], additionalProperties: false }],
};
const ROUTE: Readonly<Record<string, Schema>> = {
  minSeverity: { enum: NOTICE_SEVERITIES },
  kinds: { type: 'array', items: { enum: NOTICE_KINDS }, minItems: 1 },
  changes: { type: 'array', items: { enum: NOTICE_CHANGES }, minItems: 1 },
};

/** The notifiers that a plan in JSON can name, by the field that names them. */
export function notifierKinds(
  { folder, clients }: PlanContext,
  io: Pick<CliIo, 'stdout'>,
  environment: NodeJS.ProcessEnv,
): EntryKinds<Notifier> {
  const kinds: EntryKinds<Notifier> = {
    console: {
      fields: { console: { const: true }, name: TEXT },
      make: async (entry) => {
        if (!entry.flag('console')) entry.fail('console', 'true');
        return {
          ...textNotifier((line) => io.stdout.write(line), entry.optional('name')),
          about: 'a line on the terminal',
        };
      },
    },
    file: {
      fields: { file: TEXT, name: TEXT },
      make: async (entry) => {
        const name = entry.text('file', 'a path');
        const file = resolve(folder, name);
        const write = (line: string) => appendLine(file, line);
        return { ...textNotifier(write, entry.optional('name') ?? name), about: `a line of text in ${name}` };
      },
    },
    jsonLines: {
      fields: { jsonLines: TEXT, name: TEXT },
      make: async (entry) => {
        const name = entry.text('jsonLines', 'a path');
        const file = resolve(folder, name);
        const write = (line: string) => appendLine(file, line);
        return { ...jsonLinesNotifier(write, entry.optional('name') ?? name), about: `a line of JSON in ${name}` };
      },
    },
    webhook: {
      fields: { webhook: ADDRESS, body: { enum: ['json', 'slack'] }, name: TEXT },
      make: async (entry) => {
        const body = entry.value('body') ?? 'json';
        if (body !== 'json' && body !== 'slack') return entry.fail('body', "'json' or 'slack'");
        const name = entry.optional('name') ?? 'webhook';
        return webhookNotifier(addressOf(entry, 'webhook', environment), { body, name });
      },
    },
    slack: {
      fields: { slack: ADDRESS, name: TEXT },
      make: async (entry) => {
        const name = entry.optional('name') ?? 'slack';
        return webhookNotifier(addressOf(entry, 'slack', environment), { body: 'slack', name });
      },
    },
    sns: {
      fields: { sns: TEXT, name: TEXT },
      make: async (entry) => {
        const topic = entry.text('sns', "a topic's ARN");
        const name = entry.optional('name') ?? `sns ${topic.split(':').at(-1)}`;
        const region = topic.split(':')[3] ?? '';
        const client = await clients.sns(region === '' ? undefined : region);
        return { ...snsNotifier(client, topic, { name }), about: `a message to ${topic}` };
      },
    },
    eventBridge: {
      fields: { eventBridge: { oneOf: [{ const: true }, TEXT] }, region: TEXT, name: TEXT },
      make: async (entry) => {
        const bus = entry.value('eventBridge') === true ? undefined : entry.text('eventBridge', 'true, or a bus');
        const region = entry.optional('region') ?? (bus?.startsWith('arn:') ? bus.split(':')[3] : undefined);
        const client = await clients.eventBridge(region);
        const name = entry.optional('name') ?? (bus === undefined ? 'eventbridge' : `eventbridge ${bus}`);
        const own = eventBridgeNotifier(client, { name, ...(bus === undefined ? {} : { eventBusName: bus }) });
        return { ...own, about: `an event on the bus ${bus ?? 'default'}` };
      },
    },
  };
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, routed(kind)]));
}

/** Any notifier may be sent some notices only. */
function routed({ fields, make }: EntryKind<Notifier>): EntryKind<Notifier> {
  return {
    fields: { ...fields, ...ROUTE },
    make: async (entry) => {
      const notifier = await make(entry);
      const minSeverity = entry.optional('minSeverity');
      const kinds = someOf<NoticeKind>(entry, 'kinds', NOTICE_KINDS);
      const changes = someOf<NoticeChange>(entry, 'changes', NOTICE_CHANGES);
      if (minSeverity === undefined && kinds === undefined && changes === undefined) return notifier;
      const severity = NOTICE_SEVERITIES.find((one) => one === minSeverity);
      if (minSeverity !== undefined && severity === undefined) {
        entry.fail('minSeverity', `one of ${NOTICE_SEVERITIES.join(', ')}`);
      }
      return routedNotifier(notifier, {
        ...(severity === undefined ? {} : { minSeverity: severity }),
        ...(kinds === undefined ? {} : { kinds }),
        ...(changes === undefined ? {} : { changes }),
      });
    },
  };
}

/** A list of a field, each of it among `all`; undefined where it is left out. */
function someOf<T extends string>(entry: Entry, name: string, all: readonly T[]): readonly T[] | undefined {
  if (entry.value(name) === undefined) return undefined;
  return entry.texts(name, `some of ${all.join(', ')}`).map((text, i) => {
    const found = all.find((one) => one === text);
    if (found !== undefined) return found;
    throw new InputError(`${entry.field}.${name}[${i}] must be one of ${all.join(', ')}, got ${shown(text)}`);
  });
}

function addressOf(entry: Entry, name: string, environment: NodeJS.ProcessEnv): string {
  const value = entry.value(name);
  if (typeof value === 'string') return value;
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, 'env');
  const variable = isObject ? (value as { readonly env: unknown }).env : undefined;
  if (typeof variable !== 'string')
    return entry.fail(name, 'an address, or {"env": …} with the variable that holds it');
  const address = environment[variable];
  if (address !== undefined) return address;
  throw new InputError(`${entry.field}.${name} needs the environment variable ${variable} to be set`);
}
