import { FileProblem } from './file-bytes.js';

/** An element of a Parquet file's schema. */
export interface SchemaElement {
  readonly name: string;
  readonly num_children?: number;
  readonly repetition_type?: string;
  readonly converted_type?: string;
}

/** A value that rows have, and where it stands in them. */
export interface Leaf {
  /** As the file names it, with what lists and maps are made of: `['resources', 'list', 'element', 'uid']`. */
  readonly path: readonly string[];
  /** As a row has it: `['resources', 'uid']`. */
  readonly names: readonly string[];
  /** So many of `names` lead to the list or map that the value is in; -1 outside of any. */
  readonly listed: number;
  /** So many optional objects are around the list, or around the value outside of any; and around the value in the list. */
  readonly outer: number;
  readonly inner: number;
  /** Of a map: whether this is its key or its value. */
  readonly map: 'key' | 'value' | null;
}

/** In lower case, all that is looked at of Security Lake's events and of CloudTrail's records. */
const NEEDED: ReadonlySet<string> = new Set([
  ...['class_uid', 'time', 'time_dt', 'status', 'status_id', 'resources.uid', 'unmapped'],
  ...['api.operation', 'api.service.name', 'api.request.data', 'api.response.error', 'api.response.data'],
  ...['cloud.region', 'cloud.account.uid', 'cloud.account_uid'],
  ...['metadata.uid', 'metadata.event_code', 'metadata.product.feature.name'],
  ...['actor.invoked_by', 'actor.session.issuer', 'actor.user.type', 'actor.user.uid', 'actor.user.uid_alt'],
  ...['actor.user.uuid', 'actor.user.account_uid', 'actor.user.account.uid'],
  ...[
    'eventversion',
    'eventtime',
    'eventsource',
    'eventname',
    'eventtype',
    'eventcategory',
    'eventid',
    'sharedeventid',
  ],
  ...['awsregion', 'recipientaccountid', 'errorcode', 'addendum', 'addendum.reason', 'useridentity', 'resources'],
  ...['requestparameters', 'responseelements', 'serviceeventdetails', 'resources.arn', 'useridentity.arn'],
  ...['useridentity.principalid', 'useridentity.accountid', 'useridentity.invokedby', 'useridentity.type'],
  ...['useridentity.sessioncontext.sessionissuer.arn', 'responseelements.keyid', 'responseelements.keymetadata.arn'],
  ...['requestparameters.keyid', 'requestparameters.sourcekeyid', 'requestparameters.destinationkeyid'],
  ...['requestparameters.targetkeyid', 'serviceeventdetails.keyid'],
]);
/** Without one of these no row is a record. */
const MARKS = ['api.operation', 'eventname'];

/**
 * The values of a schema that are looked at, by their index among all of its values.
 * @throws FileProblem where the schema is no tree, or none of its values is one of a record
 */
export function neededLeaves(schema: readonly SchemaElement[]): Map<number, Leaf> {
  const leaves = leavesOf(schema);
  const needed = new Map<number, Leaf>();
  for (const [i, leaf] of leaves.entries()) {
    const name = leaf.names.join('.').toLowerCase();
    // A map of Security Lake's; some write an object with all that there is.
    const isUnmapped = name.startsWith('unmapped.') && !name.endsWith('.') && !leaf.names.includes(PROTO);
    if (NEEDED.has(name) || isUnmapped) needed.set(i, leaf);
  }
  const found = [...needed.values()].map(({ names }) => names.join('.').toLowerCase());
  if (found.some((name) => MARKS.includes(name))) return needed;
  const columns = [...new Set(leaves.map(({ names }) => names[0]))];
  const some = columns.slice(0, 4).map((name) => `\`${name.slice(0, 40)}\``);
  throw new FileProblem('not-a-log', { found: `Parquet with ${some.join(', ')}${columns.length > 4 ? ', …' : ''}` });
}

interface Node {
  readonly element: SchemaElement;
  left: number;
}

/** All values of a schema: a tree, written down depth first from its root. */
function leavesOf(schema: readonly SchemaElement[]): Leaf[] {
  const leaves: Leaf[] = [];
  const open: Node[] = [];
  for (const [i, element] of schema.entries()) {
    while (open.length > 0 && open[open.length - 1].left === 0) open.pop();
    if (i > 0 && open.length === 0) throw new FileProblem('corrupt-parquet');
    if (open.length > 0) open[open.length - 1].left--;
    const { num_children: left = 0 } = element;
    open.push({ element, left });
    if (left === 0 && i > 0) leaves.push(leafOf(open.slice(1).map((node) => node.element)));
  }
  if (open.some(({ left }) => left > 0)) throw new FileProblem('corrupt-parquet');
  return leaves;
}

/** What lists of one level and maps are made of is left out of the names (Parquet's LogicalTypes.md, nested types). */
function leafOf(elements: readonly SchemaElement[]): Leaf {
  const path = elements.map(({ name }) => name);
  const optional = (from: number, to: number): number =>
    elements.slice(from, to).filter(({ repetition_type: type }) => type !== 'REQUIRED').length;
  const last = path.length - 1;
  const [at, more] = elements.flatMap(({ repetition_type: type }, i) => (type === 'REPEATED' ? [i] : []));
  const plain = { path, names: path, listed: -1, outer: optional(0, last), inner: 0, map: null };
  if (at === undefined) return plain;
  // No list of lists is looked at, and no object that a map holds: such a value gets a name that is not.
  const passed = { ...plain, names: [...path, ''] };
  if (more !== undefined) return passed;
  const list = { ...plain, listed: at, outer: optional(0, at), inner: optional(at + 1, last) };
  const { converted_type: type } = elements[at - 1] ?? {};
  if (type === 'MAP' || type === 'MAP_KEY_VALUE') {
    if (last !== at + 1) return passed;
    return { ...list, names: path.slice(0, at), map: path[last] === 'key' ? 'key' : 'value' };
  }
  if (type !== 'LIST') return { ...list, listed: at + 1 };
  const { num_children: children = 0, name } = elements[at];
  const isElement = children !== 1 || name === 'array' || name.endsWith('_tuple');
  return { ...list, names: [...path.slice(0, at), ...path.slice(at + (isElement ? 1 : 2))] };
}

/**
 * A value as `hyparquet` gives it for a page: in an array for each optional object and each list around it. Outside of lists
 * it comes out as it is, else as a list; `undefined` where the object or the list around it is null.
 */
export function unwrapped({ listed, outer, inner }: Leaf, given: unknown): unknown {
  const value = opened(given, outer);
  if (listed < 0 || inner === 0 || value === null || value === undefined) return value;
  if (!Array.isArray(value)) throw new FileProblem('corrupt-parquet');
  return value.map((one) => opened(one, inner));
}

function opened(given: unknown, layers: number): unknown {
  let value = given;
  for (let i = 0; i < layers && value !== undefined && value !== null; i++) {
    if (!Array.isArray(value)) throw new FileProblem('corrupt-parquet');
    value = value[0];
  }
  return value;
}

type Row = Record<string, unknown>;

/**
 * The one name that an object of a file must not have. 200,000 events of OCSF take 10.2 s of a core so, and 12 s with objects that have no
 * prototype (Node 20.20.2).
 */
const PROTO = '__proto__';

/** Puts the value that a leaf has in a row to where it belongs. Leaves come in the order of the schema: a map's keys before its values. */
export function put(row: Row, { names, listed, map }: Leaf, value: unknown): void {
  if (value === null || value === undefined) return;
  const [last] = names.slice(-1);
  if (listed < 0 || map === 'key') {
    inner(row, names.slice(0, -1))[last] = value;
    return;
  }
  if (!Array.isArray(value)) return;
  const holder = inner(row, names.slice(0, listed - 1));
  const name = names[listed - 1];
  if (map === 'value') {
    const keys = holder[name];
    const found: Row = {};
    for (const [i, key] of Array.isArray(keys) ? keys.entries() : []) if (key !== PROTO) found[String(key)] = value[i];
    holder[name] = found;
    return;
  }
  holder[name] ??= [];
  const list = holder[name] as unknown[];
  for (const [i, one] of value.entries()) {
    if (listed === names.length) list[i] = one;
    else {
      list[i] ??= {};
      inner(list[i] as Row, names.slice(listed, -1))[last] = one;
    }
  }
}

/** The object at a path in a row, made where there is none. */
function inner(row: Row, names: readonly string[]): Row {
  let at = row;
  for (const name of names) {
    at[name] ??= {};
    at = at[name] as Row;
  }
  return at;
}
