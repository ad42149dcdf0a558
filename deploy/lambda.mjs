// The function of deploy/template.json and deploy/main.tf: `npm run deploy:bundle` makes one file of it.
import { planFunction } from '../src/cli/plan-function.ts';

export const handler = planFunction(process.env, process.stdout);
