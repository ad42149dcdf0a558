import { parseArgs } from 'node:util';
import { closest, InputError, shown } from '../errors.js';

/** What a command's arguments hold: its paths, and its flags by name. */
export interface Arguments<Flag extends string> {
  readonly paths: readonly string[];
  /** True of a flag that takes no value and was given. */
  has(flag: Flag): boolean;
  /** What a flag's value says; `undefined` where the flag was not given. */
  read<T>(flag: Flag, parse: (text: string, flag: string) => T): T | undefined;
  /** The value as it was written; of a flag given several times, the last. */
  text(flag: Flag): string | undefined;
  /** All values of a flag that may be given several times. */
  list(flag: Flag): readonly string[];
}

/**
 * Arguments sorted into paths and flags. Not by `parseArgs` in its strict way: its messages speak to programmers.
 * @throws InputError that names the flag
 */
export function readArguments<Flag extends string>(
  command: string,
  flags: Readonly<Record<Flag, 'string' | 'boolean' | 'list'>>,
  args: readonly string[],
): Arguments<Flag> {
  const names = Object.keys(flags) as Flag[];
  const isFlag = (name: string): name is Flag => Object.hasOwn(flags, name);
  const options = Object.fromEntries(
    names.map((name) => [name, { type: flags[name] === 'boolean' ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const paths: string[] = [];
  const values = new Map<Flag, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (token.value === '') throw new InputError('a path must not be empty');
      paths.push(token.value);
    }
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (!isFlag(name) || !rawName.startsWith('--')) {
      const known = names.map((flag) => `--${flag}`);
      const meant = closest(name, names, Math.min(3, Math.max(1, Math.floor(name.length / 3))));
      const rest = meant === undefined ? `; known are ${known.join(', ')} and --help` : `. Did you mean --${meant}?`;
      throw new InputError(`Unknown option ${shown(rawName)} for ${command}${rest}`);
    }
    const before = values.get(name) ?? [];
    if (before.length > 0 && flags[name] !== 'list') throw new InputError(`${rawName} must be given once only`);
    if (flags[name] === 'boolean') {
      if (value !== undefined) throw new InputError(`${rawName} takes no value, got ${shown(value)}`);
    } else if (value === undefined || value === '' || (inlineValue !== true && value.startsWith('--'))) {
      throw new InputError(`${rawName} needs a value`);
    }
    values.set(name, [...before, value ?? '']);
  }
  return {
    paths,
    has: (flag) => values.has(flag),
    text: (flag) => values.get(flag)?.at(-1),
    list: (flag) => values.get(flag) ?? [],
    read: (flag, parse) => {
      const text = values.get(flag)?.at(-1);
      return text === undefined ? undefined : parse(text, `--${flag}`);
    },
  };
}
