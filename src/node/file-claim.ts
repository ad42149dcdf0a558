import { randomUUID } from 'node:crypto';
import { readFile, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { MINUTE, SECOND } from '../time/grid.js';
import { errorCode } from './error-code.js';

/** Who has a claim: a process, as far as the system lets others know it again. Empty texts are unknown. */
interface Holder {
  /** Of this claim alone. */
  readonly token: string;
  readonly host: string;
  /** Of the machine since it started. */
  readonly boot: string;
  /** In which the process id holds: containers have their own. */
  readonly space: string;
  readonly pid: number;
  /** When the process started, in the machine's own ticks: ids come again. */
  readonly born: string;
  /** ISO 8601. */
  readonly since: string;
}

/** So often a claim is renewed while its process lives. */
const BEAT = 10 * SECOND;
/** A claim of a process that cannot be asked for, as on another machine, is over so long after it was renewed. */
const LAPSE = 2 * MINUTE;
/** Writing a claim, or removing one that is over, takes milliseconds. */
const MOMENT = 10 * SECOND;

/**
 * The right of one process to write a file: a file beside it that only one can make. It outlives no process: where that has
 * ended, by whatever means, the next one takes it; on another machine or in another container after two minutes.
 */
export class FileClaim {
  readonly #path: string;
  readonly #token = randomUUID();
  #beat: NodeJS.Timeout | undefined;

  /** @param path of the claim itself */
  constructor(path: string) {
    this.#path = path;
  }

  /** Takes it, and gives null; or says who has it. Throws the file system's errors. */
  async take(): Promise<string | null> {
    const own = await self(this.#token);
    for (;;) {
      if (await written(this.#path, own)) {
        this.#beat = setInterval(() => void this.#renew(), BEAT);
        this.#beat.unref();
        return null;
      }
      const found = await holderIn(this.#path);
      // Given up in between: whoever is first has it.
      if (found === 'none') continue;
      if (!(await isOver(found, own))) return inWords(found.holder);
      await this.#clear(own);
    }
  }

  /** Whether it is still this one's: a process that was asleep for long may have lost it. */
  async isHeld(): Promise<boolean> {
    const found = await holderIn(this.#path);
    return found !== 'none' && found.holder?.token === this.#token;
  }

  /** Gives it up. */
  async release(): Promise<void> {
    clearInterval(this.#beat);
    if (await this.isHeld()) await rm(this.#path, { force: true });
  }

  async #renew(): Promise<void> {
    const now = new Date();
    if (await this.isHeld().catch(() => false)) await utimes(this.#path, now, now).catch(() => undefined);
  }

  /** Removes a claim that is over. One at a time: the next one's claim, made in between, must stay. */
  async #clear(own: Holder): Promise<void> {
    const turn = `${this.#path}.turn`;
    if (!(await written(turn, own))) {
      const found = await holderIn(turn);
      // Whoever had its turn was killed in it.
      if (found !== 'none' && ((await isOver(found, own)) || found.age > MOMENT)) await rm(turn, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 20));
      return;
    }
    try {
      const found = await holderIn(this.#path);
      if (found !== 'none' && (await isOver(found, own))) await rm(this.#path, { force: true });
    } finally {
      await rm(turn, { force: true });
    }
  }
}

interface Found {
  /** null where it was not written to its end. */
  readonly holder: Holder | null;
  /** Ms since it was renewed. */
  readonly age: number;
}

/** False when there is one already. */
async function written(path: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function holderIn(path: string): Promise<Found | 'none'> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { holder: parsed(text), age: Math.abs(Date.now() - mtimeMs) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'none';
    throw error;
  }
}

function parsed(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    const { token, pid } = (value ?? {}) as { token?: unknown; pid?: unknown };
    return typeof token === 'string' && Number.isSafeInteger(pid) ? (value as Holder) : null;
  } catch {
    return null;
  }
}

async function isOver({ holder, age }: Found, own: Holder): Promise<boolean> {
  // Being written just now, or left so by a process that was killed in it.
  if (holder === null) return age > MOMENT;
  if (holder.host !== own.host) return age > LAPSE;
  if (holder.boot !== own.boot) return true;
  if (holder.space !== own.space) return age > LAPSE;
  if (!isAlive(holder.pid)) return true;
  const born = await bornOf(holder.pid);
  return born === '' || holder.born === '' ? age > LAPSE : born !== holder.born;
}

/** Whether there is such a process; also when it is another user's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

async function self(token: string): Promise<Holder> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  const born = await bornOf(process.pid);
  const since = new Date().toISOString();
  return { token, host: hostname(), boot: boot.trim(), space, pid: process.pid, born, since };
}

/** Field 22 of Linux's `stat` of a process (proc(5)), behind its name, which may hold anything; empty elsewhere. */
async function bornOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function inWords(holder: Holder | null): string {
  return holder === null ? 'begun just now' : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
}
