import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { type HandlerContext, type HandlerResult, planHandler } from '../plan/plan-handler.js';
import type { Output } from './output.js';
import { storeAt } from './state-place.js';
import { readPlan } from './watch-plan.js';

/** The function that Lambda calls. */
export type PlanFunction = (event?: unknown, context?: HandlerContext) => Promise<HandlerResult>;

/**
 * A plan's file as a Lambda function, one poll an invocation. `PLAN` of the environment names the file, `plan.json` by default,
 * relative to the function's own folder (`LAMBDA_TASK_ROOT`). It is read at the first invocation, and again at the
 * next one where that failed.
 * @returns the function. It throws what `planHandler` throws, InputError for a plan that cannot run in Lambda, and an error where
 *   a source failed, once all that could be read is judged, sent and kept: so that the function's metric `Errors` counts it
 */
export function planFunction(environment: NodeJS.ProcessEnv, stdout: Output): PlanFunction {
  let ready: Promise<PlanFunction> | undefined;
  return async (event, context) => {
    ready ??= prepared(environment, stdout);
    const run = await ready.catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    const result = await run(event, context);
    const failing = result.ran ? result.health.failing : [];
    if (failing.length > 0) {
      throw new Error(failing.map(({ source, message }) => `the source ${source} fails: ${message}`).join('; '));
    }
    return result;
  };
}

async function prepared(environment: NodeJS.ProcessEnv, stdout: Output): Promise<PlanFunction> {
  const { LAMBDA_TASK_ROOT = '.', PLAN = 'plan.json' } = environment;
  const file = await readPlan(resolve(LAMBDA_TASK_ROOT, PLAN), { stdout, stderr: stdout }, environment);
  if ('path' in file.state) {
    throw new InputError(
      'plan.state must be s3://<bucket>/<key> or an item of a table: the files of a function do not last',
    );
  }
  const { store, archive } = await storeAt(file.state, file.clients);
  const snapshots = archive === null || file.snapshots === null ? {} : { snapshots: { archive, ...file.snapshots } };
  return planHandler(file.plan, { ...file.run, ...snapshots, store });
}
