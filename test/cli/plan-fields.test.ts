import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlan } from '../../src/cli/watch-plan.js';
import { InputError } from '../../src/errors.js';
import { tempFolder } from '../support/logs.js';

const PLAN = {
  purpose: 'Watch keys',
  owner: 'Security',
  sources: [{ folder: 'logs' }],
  notify: [{ console: true }, { webhook: { env: 'HOOK' } }],
};
const io = { stdout: { write: () => 0 }, stderr: { write: () => 0 } };
const folder = tempFolder;

function read(text: string, file = 'plan.json') {
  const path = join(folder(), file);
  writeFileSync(path, text);
  return readPlan(path, io, { HOOK: 'https://hooks.example.com/x' });
}
const shown = async (plan: object) => {
  const { plan: defined, run, state } = await read(JSON.stringify(plan));
  const { sources, notify, ...rest } = defined;
  const names = [sources, notify].map((list) => list.map(({ name }) => name));
  return JSON.stringify({ rest, names, run, state: 'path' in state ? state.path.replace(/^.*\//, '') : state });
};

describe('the fields of a plan', () => {
  it.each([
    ['state', '/elsewhere/state'],
    ['holidays', 'DE-BY'],
    ['name', 'other'],
    ['step', 3_600_000],
    ['answerWithin', 1],
    ['body', 'slack'],
    ['jsonLines', '/elsewhere/notices'],
    ['env', 'OTHER'],
    ['folder', '/elsewhere'],
  ])('are its own: nothing comes from a prototype (%s)', async (name, value) => {
    const before = await shown(PLAN);
    const module = `export default Object.create(${JSON.stringify({ [name]: value })}, Object.getOwnPropertyDescriptors(${JSON.stringify({ ...PLAN, sources: [{ name: 'a', poll: null }] })}))`;
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    try {
      expect(await shown(PLAN)).toBe(before);
    } finally {
      delete (Object.prototype as Record<string, unknown>)[name];
    }
    // A module's object may inherit as well: what it inherits is not there.
    await expect(read(module, 'plan.mjs')).rejects.toThrow('plan.sources[0]');
  });

  it('named __proto__ are fields that nobody knows', async () => {
    const text = JSON.stringify(PLAN).replace('{', '{"__proto__":{"owner":"nobody"},');
    await expect(read(text)).rejects.toThrow(InputError);
    await expect(read(text)).rejects.toThrow(/^plan\.__proto__ is unknown: /);
    const inner = JSON.stringify(PLAN).replace('{"folder"', '{"__proto__":{"name":"x"},"folder"');
    await expect(read(inner)).rejects.toThrow(/^plan\.sources\[0\]\.__proto__ is unknown: /);
  });

  it('name what is notified, each kind of it', async () => {
    const notify = [
      { console: true, name: 'terminal' },
      { jsonLines: 'notices.jsonl', name: 'file' },
      { webhook: 'https://hooks.example.com/x', name: 'hook' },
    ];
    const { plan } = await read(JSON.stringify({ ...PLAN, notify }));
    expect(plan.notify.map(({ name }) => name)).toEqual(['terminal', 'file', 'hook']);
    for (const [i, entry] of notify.entries()) {
      const wrong = notify.map((own) => (own === entry ? { ...own, name: 7 } : own));
      await expect(read(JSON.stringify({ ...PLAN, notify: wrong }))).rejects.toThrow(`plan.notify[${i}].name`);
    }
  });
});
