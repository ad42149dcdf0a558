#!/usr/bin/env bash
# @stryker-mutator/core 9.6.1 gives tests a score of 100 % that pass whatever a threshold is.
#
# Expected: a mutation score of 100 % says that no small change of the file passes its tests; a changed number is
#   such a change.
# Seen: all mutants are killed, none of which changes a number; the same tests pass with 0.65 in place of the
#   threshold 6.5.
# Source: StrykerJS documentation, supported mutators, which lists none for numbers; the report that the run below
#   writes.
# Matters: thresholds, half-lives and rounding are what a detector is made of. A perfect score says nothing about
#   them: test constants by value.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error @stryker-mutator/core@9.6.1 >>npm.log

cat >run.mjs <<'PROGRAM'
import { readFileSync } from 'node:fs';

const { files } = JSON.parse(readFileSync('reports/mutation/mutation.json', 'utf8'));
const mutants = Object.values(files).flatMap(({ mutants }) => mutants);
const killed = mutants.filter(({ status }) => status === 'Killed').length;
console.log(`${mutants.length} mutants, ${killed} killed: ${(100 * killed) / mutants.length} %`);
console.log(`mutants with another number: ${mutants.filter(({ replacement }) => /[\d]/.test(replacement)).length}`);
PROGRAM

cat >expected.txt <<'OUTPUT'
5 mutants, 5 killed: 100 %
mutants with another number: 0
export const LIMIT = 0.65;
the tests pass
OUTPUT

cat >rule.mjs <<'RULE'
export const LIMIT = 6.5;
export const isUnusual = (surprise) => surprise > LIMIT;
RULE
cat >check.mjs <<'CHECK'
import assert from 'node:assert/strict';
import { isUnusual, LIMIT } from './rule.mjs';
assert.equal(isUnusual(LIMIT + 1), true);
assert.equal(isUnusual(LIMIT), false);
assert.equal(isUnusual(LIMIT - 1), false);
CHECK
cat >stryker.config.json <<'CONFIG'
{ "testRunner": "command", "commandRunner": { "command": "node check.mjs" }, "mutate": ["rule.mjs"], "reporters": ["json"], "concurrency": 1 }
CONFIG
npx stryker run --logLevel error >stryker.log

{
  node run.mjs
  sed -i 's/6[.]5/0.65/' rule.mjs
  grep LIMIT rule.mjs | head -1
  node check.mjs && echo 'the tests pass'
} >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
