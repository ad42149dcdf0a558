import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { Detector, fitBaseline } from '../../src/engine/index.js';
import { simulateFleet } from '../../src/simulate/fleet.js';

const digest = (bytes: ArrayBufferView) =>
  createHash('sha256')
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest('hex')
    .slice(0, 16);

it('makes the same bytes and verdicts on every machine and Node version', () => {
  const fleet = simulateFleet({ seed: 77, series: 20, historyDays: 28, judgedDays: 3 });
  const baseline = fitBaseline(fleet.history);
  const detector = new Detector(baseline);
  const scores = detector.observe(fleet.judged);
  // Made on Node 20.20.2, x64; the same on Node 20.19, 22 and 24. A change of the engine changes them: say so in the
  // changelog, since verdicts change with it.
  expect({
    baseline: digest(baseline.toBytes()),
    verdicts: digest(scores.verdicts),
    surprise: digest(scores.surprise),
    detector: digest(detector.toBytes()),
  }).toEqual({
    baseline: '4d1fd968c09fecfb',
    verdicts: '927c7e5fc04df677',
    surprise: '85705ae0eb691ef6',
    detector: 'bd7e3fc9eabafcf7',
  });
});
