import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run.js';
import { statePlace } from '../../src/cli/state-place.js';
import { InputError } from '../../src/errors.js';

async function cli(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const status = await runCli(argv, {
    stdout: {
      write: (text) => {
        out += text;
      },
    },
    stderr: {
      write: (text) => {
        err += text;
      },
    },
    now: () => Date.UTC(2026, 5, 9, 12),
  });
  return { status, out, err };
}

/** A plan in a file whose time is that of the file, and whose only key has five calls an hour. */
function planIn(folder: string, now: number): string {
  const path = join(folder, `plan-${now}.mjs`);
  writeFileSync(
    path,
    `const now = ${now};
     const call = (time) => ({ time, operation: 'Decrypt', keyArns: [], account: '1', region: 'r', caller: 'c', error: null, eventId: String(time), sharedEventId: null });
     const poll = ({ from, cursor }) => {
       const calls = [];
       for (let time = Math.ceil(Math.max(from, cursor ?? 0) / 720000) * 720000; time < now; time += 720000) calls.push(call(time));
       return { calls, coverage: [{ from: Math.max(from, cursor ?? 0), to: now }], cursor: now };
     };
     export default { name: 'p', purpose: 'p', owner: 'o', state: 'plan.state', timeZone: 'UTC', step: 3600000, sources: [{ name: 's', poll }],
       notify: [{ console: true }], clock: { now: () => now, sleep: async () => {} } };`,
  );
  return path;
}

describe('kms-baseline snapshots', { timeout: 60_000 }, () => {
  it('keeps, lists, goes back to and removes states of a plan', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-snapshots-'));
    const [first, second] = [Date.UTC(2026, 5, 8, 9), Date.UTC(2026, 5, 9, 11)].map((now) => planIn(folder, now));
    expect((await cli('snapshots', 'save', first)).err).toContain('there is no state in');
    expect((await cli('watch', first, '--once')).status).toBe(0);
    expect((await cli('snapshots', 'save', first, '--label', 'monday')).out).toMatch(
      /^kept 2026-06-09T12-00-00-000Z.monday in /,
    );
    expect((await cli('watch', second, '--once')).status).toBe(0);
    // One that the plan has made by itself, of the state before.
    const { out } = await cli('snapshots', 'list', second);
    expect(out.split('\n').map((line) => line.split(/ +/)[0])).toEqual([
      'name',
      '2026-06-09T12-00-00-000Z.monday',
      '2026-06-09T11-00-00-000Z',
      '2',
      '',
    ]);
    const reverted = await cli('snapshots', 'revert', second, '--to', 'monday');
    expect(reverted).toMatchObject({ status: 0, err: '' });
    expect(reverted.out).toContain(
      'is put back to 2026-06-09T12-00-00-000Z.monday; as it was before it is kept as 2026-06-09T12-00-00-000Z',
    );
    expect((await cli('watch', second, '--once')).status).toBe(0);
    expect((await cli('snapshots', 'remove', second, '--to', 'monday')).status).toBe(0);
    const json = JSON.parse((await cli('snapshots', 'list', second, '--json')).out);
    expect(json.snapshots.map(({ name }: { name: string }) => name)).toContain('2026-06-09T12-00-00-000Z');
    expect(readdirSync(folder).filter((name) => name.endsWith('.claim'))).toEqual([]);
  });

  it.each([
    [['snapshots'], 'snapshots needs one of list, save, revert, remove, and one plan file'],
    [['snapshots', 'go', 'plan.json'], 'snapshots needs one of list, save, revert, remove'],
    [['snapshots', 'revert', 'plan.json'], 'snapshots revert needs --to <which>'],
    [['snapshots', 'list', 'plan.json', '--label', 'x'], '--label is for snapshots save'],
  ])('refuses %j', async (argv, message) => {
    const { status, err } = await cli(...argv);
    expect(status).toBe(2);
    expect(err).toContain(message);
  });
});

describe('the place of a state', () => {
  it('is a file, an object or an item', () => {
    expect(statePlace('a/b.state', '/plans', 'plan.state')).toEqual({ path: '/plans/a/b.state' });
    expect(statePlace('s3://states/shop/keys.state', '/plans', 'x')).toEqual({
      bucket: 'states',
      key: 'shop/keys.state',
    });
    expect(statePlace({ bucket: 'b', key: 'k' }, '/', 'x')).toEqual({ bucket: 'b', key: 'k' });
    expect(statePlace({ table: 't', key: 'k' }, '/', 'x')).toEqual({ table: 't', key: 'k' });
  });

  it.each([
    3,
    '',
    's3://states',
    's3://states/',
    { bucket: 'b' },
    { table: 't', key: '' },
    { bucket: 'b', table: 't', key: 'k' },
    [],
  ])('is not %j', (value) => {
    expect(() => statePlace(value, '/', 'plan.state')).toThrow(InputError);
  });
});
