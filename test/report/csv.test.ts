import { describe, expect, it } from 'vitest';
import { findAnomalies } from '../../src/engine/anomalies/find-anomalies.js';
import { verdictAt } from '../../src/engine/types.js';
import { anomaliesToCsv, scoresToCsv } from '../../src/report/csv.js';
import { wordsFor } from '../../src/report/words.js';
import { seriesFromCsv } from '../../src/series/csv.js';
import { readRow } from '../../src/series/series-set.js';
import { HOSTILE, reportOf } from './reports.js';

const report = reportOf(3);
const { scores } = report.evidence;

/** Cells of a line without quotes in it. */
const cellsOf = (line: string | undefined) => (line ?? '').split(',');

describe('scoresToCsv', () => {
  const lines = scoresToCsv(scores).split('\r\n');
  const { keys, grid } = scores.window;

  it('has one line for each series and bucket, with its limits and its verdict', () => {
    expect(lines[0]).toBe(
      'time,key,operation,calls,expected,lower,upper,verdict,surprise,reason,account,region,caller,outcome,metric',
    );
    expect(lines.length).toBe(1 + keys.length * grid.length + 1);
    let unusual = 0;
    let unknown = 0;
    for (let row = 0; row < keys.length; row++) {
      for (let bucket = 0; bucket < grid.length; bucket += 7) {
        const cells = cellsOf(lines[1 + row * grid.length + bucket]);
        const cell = row * grid.length + bucket;
        expect(cells[0]).toBe(new Date(grid.start + bucket * grid.step).toISOString());
        expect([cells[1], cells[2]]).toEqual([keys[row].keyArn ?? '', keys[row].operation ?? '']);
        expect(cells[4]).toBe(Number.isNaN(scores.expected[cell]) ? '' : String(scores.expected[cell]));
        expect(cells[7]).toBe(verdictAt(scores, row, bucket));
        expect(cells[9] === '').toBe(cells[7] !== 'unknown');
        if (cells[7] === 'unknown') unknown++;
      }
    }
    for (const line of lines) if (cellsOf(line)[7] === 'above') unusual++;
    expect(unusual).toBeGreaterThan(0);
    expect(unknown).toBeGreaterThan(0);
  });

  it('is read back as the counts that were judged', () => {
    const again = seriesFromCsv(lines.join('\n'));
    expect(again.grid).toEqual(grid);
    expect(again.keys).toEqual(keys);
    const [before, after] = [new Float64Array(grid.length), new Float64Array(grid.length)];
    for (let row = 0; row < keys.length; row++) {
      readRow(scores.window, row, before);
      readRow(again, row, after);
      for (let i = 0; i < grid.length; i++) {
        if (again.observed[row * grid.length + i] === 1) expect(after[i]).toBe(before[i]);
      }
    }
  });
});

describe('anomaliesToCsv', () => {
  const anomalies = report.analysis.anomalies;

  it('has one line for each finding, with who called and what is said of it', () => {
    const text = anomaliesToCsv(anomalies, { timeZone: 'Europe/Berlin' });
    const lines = text.split('\r\n');
    expect(lines[0]).toBe(
      'id,severity,kind,verdict,from,to,key,operation,calls,expected,lower,upper,surprise,account,region,caller,outcome,metric,callers,words',
    );
    expect(lines.length).toBe(anomalies.length + 2);
    expect(anomalies.length).toBeGreaterThan(0);
    const [first] = anomalies;
    const cells = cellsOf(lines[1]);
    expect(cells.slice(0, 6)).toEqual([
      first.id,
      first.severity,
      first.kind,
      first.verdict,
      new Date(first.from).toISOString(),
      new Date(first.to).toISOString(),
    ]);
    expect(cells.slice(8, 13).map(Number)).toEqual([
      first.value,
      first.expected,
      first.lower,
      first.upper,
      first.surprise,
    ]);
    expect(cells[18]).toMatch(/^arn:aws:iam::111122223333:role\/Mallory 300; arn:aws:iam::111122223333:role\/App \d+$/);
    expect(text).toContain(`"${wordsFor(first, { timeZone: 'Europe/Berlin' })}"`);
  });

  it('holds hostile names as text: no cell that a spreadsheet would run, no line more', () => {
    const hostile = reportOf(2, ['=cmd()', '@x\r\n+1', ...HOSTILE]);
    const found = findAnomalies(hostile.evidence.scores);
    for (const text of [anomaliesToCsv(found), scoresToCsv(hostile.evidence.scores)]) {
      expect(text).not.toMatch(/(^|,)"?[=@]/m);
    }
  });
});
