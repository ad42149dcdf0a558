import { describe, expect, it } from 'vitest';
import { WorkerCrash, WorkerPool } from '../../src/node/worker-pool.js';

/** A worker as `serveJobs` makes one: tells `tell` messages, as far as they are taken, then does what the job says. */
const SOURCE = `
  const { parentPort, threadId } = require('node:worker_threads');
  let taken = 0;
  parentPort.on('message', async ({ job, ...rest }) => {
    if ('taken' in rest) { taken++; return; }
    for (let i = 0; i < (job.tell ?? 0); i++) parentPort.postMessage({ message: i });
    if (job.wait) await new Promise((resolve) => setTimeout(resolve, job.wait));
    if (job.exit !== undefined) process.exit(job.exit);
    if (job.late) setTimeout(() => { throw new RangeError('late'); });
    else if (job.fail) parentPort.postMessage({ failed: new RangeError(job.fail) });
    else parentPort.postMessage({ done: { value: job.value, threadId, taken } });
  });
`;

interface Done {
  readonly value: unknown;
  readonly threadId: number;
  readonly taken: number;
}

async function withPool<T>(size: number, use: (pool: WorkerPool) => Promise<T>): Promise<T> {
  const pool = new WorkerPool(SOURCE, size);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

const failure = async (run: Promise<unknown>): Promise<Error> =>
  await run.then(
    () => new Error('it was done'),
    (error: Error) => error,
  );

describe('WorkerPool', () => {
  it('does many jobs on few threads, and starts no thread without need', async () => {
    await withPool(3, async (pool) => {
      const one = (await pool.run({ value: 0 })) as Done;
      const two = (await pool.run({ value: 0 })) as Done;
      expect(two.threadId).toBe(one.threadId);
      const all = await Promise.all(Array.from({ length: 20 }, (_, value) => pool.run({ value }) as Promise<Done>));
      expect(all.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, i) => i));
      expect(new Set(all.map(({ threadId }) => threadId)).size).toBeLessThanOrEqual(3);
    });
  });

  it('hears all messages, one after another, before the end, and tells the job what was taken', async () => {
    await withPool(1, async (pool) => {
      const heard: unknown[] = [];
      const done = pool.run({ tell: 5, wait: 200 }, async (message) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        heard.push(message);
      });
      expect(((await done) as Done).taken).toBe(5);
      expect(heard).toEqual([0, 1, 2, 3, 4]);
    });
  });

  it('passes on what a job throws, and goes on with the thread', async () => {
    await withPool(1, async (pool) => {
      const error = await failure(pool.run({ fail: 'no' }));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe('no');
      expect(await pool.run({ value: 7 })).toMatchObject({ value: 7 });
    });
  });

  it.each([
    ['exits', { exit: 3 }, 'a worker thread ended before its job did: exit code 3', undefined],
    ['exits as if all were well', { exit: 0 }, 'a worker thread ended before its job did: exit code 0', undefined],
    ['throws outside of the job', { late: true }, 'a worker thread ended before its job did: late', RangeError],
  ])('says so when a thread %s, and replaces it', async (_, job, message, cause) => {
    await withPool(1, async (pool) => {
      const heard: unknown[] = [];
      const [error, next] = await Promise.all([
        failure(pool.run({ ...job, tell: 2, wait: 20 }, (said) => void heard.push(said))),
        pool.run({ value: 'next' }),
      ]);
      expect(error).toBeInstanceOf(WorkerCrash);
      expect(error.message).toBe(message);
      if (cause === undefined) expect(error.cause).toBeUndefined();
      else expect(error.cause).toBeInstanceOf(cause);
      expect(heard).toEqual([0, 1]);
      expect(next).toMatchObject({ value: 'next' });
    });
  });

  it('ends threads that are free for long, and starts new ones for later jobs', async () => {
    const pool = new WorkerPool(SOURCE, 1, 50);
    const one = (await pool.run({ wait: 200 })) as Done;
    const two = (await pool.run({ wait: 200 })) as Done;
    expect(two.threadId).toBe(one.threadId);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(((await pool.run({})) as Done).threadId).not.toBe(one.threadId);
    await pool.close();
  });

  it('says so when its source is no program', async () => {
    const pool = new WorkerPool('this is none', 2);
    const error = await failure(pool.run({}));
    await pool.close();
    expect(error).toBeInstanceOf(WorkerCrash);
    expect(error.cause).toHaveProperty('name', 'SyntaxError');
  });

  it('ends a job whose message cannot be taken, and none of its messages reaches another', async () => {
    await withPool(1, async (pool) => {
      const heard: unknown[] = [];
      const first = pool.run({ tell: 3, wait: 50 }, () => {
        throw new Error('enough');
      });
      const second = pool.run({ tell: 1, value: 2 }, (message) => void heard.push(message));
      expect((await failure(first)).message).toBe('enough');
      expect(await second).toMatchObject({ value: 2 });
      expect(heard).toEqual([0]);
    });
  });

  it('refuses what cannot be cloned, and goes on with the thread', async () => {
    await withPool(1, async (pool) => {
      expect((await failure(pool.run({ value: () => 1 }))).name).toBe('DataCloneError');
      expect(await pool.run({ value: 1 })).toMatchObject({ value: 1 });
    });
  });

  it('rejects what runs and what waits when it is closed, and starts nothing more', async () => {
    const pool = new WorkerPool(SOURCE, 1);
    const runs = [{ wait: 60_000 }, { value: 1 }, { value: 2 }].map((job) => failure(pool.run(job)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await pool.close();
    const errors = await Promise.all(runs);
    expect(errors[0]).toBeInstanceOf(WorkerCrash);
    expect(errors.slice(1).map(({ message }) => message)).toEqual(
      Array(2).fill('this pool of worker threads is closed'),
    );
    expect((await failure(pool.run({}))).message).toBe('this pool of worker threads is closed');
  });
});
