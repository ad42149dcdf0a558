import { checkTime, InputError, shown } from '../errors.js';
import { DAY } from '../time/grid.js';

/** Where CloudTrail's log files stand as a table of Athena, and which of them to read. */
export interface AthenaTable {
  /**
   * The table, with its database and catalogue before it where they are not the query's own: `logs.cloudtrail`. Its columns
   * are those that the Athena User Guide gives CloudTrail's table with partition projection (JsonSerDe), in any order;
   * more may follow.
   */
  readonly table: string;
  readonly from: number | Date;
  /** Exclusive. */
  readonly to: number | Date;
  /** The column that the log files' date partitions; by default `timestamp`, written `yyyy/MM/dd`. */
  readonly date?: {
    readonly column?: string;
    /** `yyyy`, `MM` and `dd`, in this order, with anything but letters around them. */
    readonly format?: string;
    /**
     * Days to read on either side of from and to; 1 by default. The date is that of publishing, minutes after the call as a
     * rule, but up to 30 days where the bucket could not be reached.
     */
    readonly slack?: number;
  };
  /** The logs of these accounts only. */
  readonly accounts?: readonly string[];
  /** The logs of these Regions only. */
  readonly regions?: readonly string[];
  /** Columns that partition by account and Region, where the table has them: `accounts` and `regions` then say what is read at all. */
  readonly partitions?: { readonly account?: string; readonly region?: string };
}

/** Text as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `{ from, to, where }`: the times asked for, and the condition on the table's partitions. */
export function partitionsOf(options: AthenaTable): { from: number; to: number; where: string } {
  const from = checkTime(options.from, 'from');
  const to = checkTime(options.to, 'to');
  if (from >= to) throw new InputError(`to must be later than from (${shown(options.from)}), got ${shown(options.to)}`);
  const { column = 'timestamp', format = 'yyyy/MM/dd', slack = 1 } = options.date ?? {};
  if (typeof format !== 'string' || !/^[^a-zA-Z]*yyyy[^a-zA-Z]*MM[^a-zA-Z]*dd[^a-zA-Z]*$/.test(format)) {
    throw new InputError(
      `date.format must hold yyyy, MM and dd in this order, without other letters, got ${shown(format)}`,
    );
  }
  if (!Number.isInteger(slack) || slack < 0 || slack > 3660) {
    throw new InputError(`date.slack must be a whole number of days in [0, 3660], got ${shown(slack)}`);
  }
  const first = dateIn(format, from - slack * DAY);
  const last = dateIn(format, to - 1 + slack * DAY);
  const conditions = [`${identifier(column, 'date.column')} BETWEEN ${literal(first)} AND ${literal(last)}`];
  for (const [name, values] of [
    ['account', options.accounts],
    ['region', options.regions],
  ] as const) {
    const partition = options.partitions?.[name];
    const list = listOf(values, `${name}s`);
    if (partition === undefined || list === null) continue;
    conditions.push(`${identifier(partition, `partitions.${name}`)} IN ${list}`);
  }
  return { from, to, where: conditions.join('\n    AND ') };
}

/** `('a', 'b')`; null for all. */
export function listOf(values: unknown, name: string): string | null {
  if (values === undefined) return null;
  if (!Array.isArray(values) || values.length === 0) {
    throw new InputError(`${name} must be a list of at least one, got ${shown(values)}`);
  }
  const texts = values.map((value: unknown, i) => {
    if (typeof value === 'string' && value !== '') return literal(value);
    throw new InputError(`${name}[${i}] must be text, got ${shown(value)}`);
  });
  return `(${texts.join(', ')})`;
}

/** The table's name, each of its parts quoted. */
export function tableName(table: unknown): string {
  const parts = typeof table === 'string' ? table.split('.') : [];
  if (parts.length === 0 || parts.length > 3) {
    throw new InputError(`table must be a table's name, with its database and catalogue at most, got ${shown(table)}`);
  }
  return parts.map((part) => identifier(part, 'table')).join('.');
}

function identifier(name: unknown, parameter: string): string {
  // No name of Athena's holds a line break or a zero, which could end a statement early in what stands between.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (typeof name === 'string' && name !== '' && !/[\u0000-\u001f]/.test(name))
    return `"${name.replaceAll('"', '""')}"`;
  throw new InputError(`${parameter} must be a name, got ${shown(name)}`);
}

/** Athena makes projected dates in UTC. */
function dateIn(format: string, time: number): string {
  const [year, month, day] = new Date(time).toISOString().slice(0, 10).split('-');
  return format.replace('yyyy', year).replace('MM', month).replace('dd', day);
}
