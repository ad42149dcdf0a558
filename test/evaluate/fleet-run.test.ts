import { describe, expect, it } from 'vitest';
import { emptyResult, figuresOf, runFleet } from '../../bench/evaluate/fleet-run.js';
import { oracle } from '../../bench/evaluate/oracle.js';
import { RIVALS } from '../../bench/evaluate/rivals.js';

const SEEDS = [21, 22, 23];

function judged(judge: Parameters<typeof runFleet>[1]) {
  const result = emptyResult();
  for (const seed of SEEDS) runFleet({ seed, series: 100 }, judge, result);
  return { result, ...figuresOf(result) };
}

describe('what simulated fleets can tell', () => {
  it('has a ceiling: who knows the truth finds nearly every event and keeps to its budget', () => {
    const { recall, falseAlarms, spikeDelay } = judged(oracle(0.05 * 100));
    expect(recall).toBeGreaterThan(0.97);
    expect(falseAlarms).toBeLessThan(0.08);
    expect(spikeDelay).toBe(0);
  });

  it('has a floor: silence finds nothing, and a band of three standard deviations cries every few hours', () => {
    expect(judged(RIVALS['never'])).toMatchObject({ recall: 0, falseAlarms: 0 });
    const band = judged(RIVALS['hour of week, mean ± 3 sd']);
    expect(band.recall).toBeGreaterThan(0.7);
    expect(band.falseAlarms).toBeGreaterThan(10);
  });

  it('adds up fleets, kinds of events and kinds of rows', () => {
    const { result } = judged(RIVALS['always']);
    const { recall, recallByKind, falseAlarms, falseAlarmsByKind, missed, invented } = result;
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
    expect(sum(Object.values(recallByKind).map(({ events }) => events))).toBe(recall.events);
    expect(sum(Object.values(falseAlarmsByKind).map(({ rows }) => rows))).toBe(falseAlarms.rows);
    expect(falseAlarms.rows).toBe(300);
    expect(missed.length).toBe(recall.events - recall.found);
    expect(sum(invented.map(({ episodes }) => episodes))).toBe(falseAlarms.episodes);
    expect(result.unknown.unknown).toBe(0);
  });
});
