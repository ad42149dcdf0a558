import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../../src/engine/counts/arena.js';
import { FLOAT, field, MEAN, OF_LAST_CALL, WHOLE } from '../../../src/engine/counts/fields.js';
import { packRows, unpackRows } from '../../../src/engine/counts/fit/packed-rows.js';
import {
  MODEL_FIELDS,
  ModelColumns,
  mergedModel,
  modelColumns,
  type RowModel,
  roundedModel,
  tailsInHand,
  withAverage,
} from '../../../src/engine/counts/model.js';
import { ModelCodec } from '../../../src/engine/counts/model-bytes.js';
import { flatProfile, KeptProfile, slotsPerHour } from '../../../src/engine/counts/quantized-profile.js';
import { shortNumber } from '../../../src/engine/counts/short-numbers.js';
import { windowsOf } from '../../../src/engine/windows.js';
import { ByteReader, ByteWriter } from '../../../src/series/bytes.js';
import { weekSlots } from '../../../src/time/week.js';
import { MONDAY } from '../../support/sets.js';

const HOUR = 3_600_000;
const grid = { start: MONDAY, step: HOUR, length: 6 * 168 };
const { perWeek } = weekSlots(HOUR);
const columns = modelColumns(windowsOf(HOUR).spans.length);

const stepsOf = (seed: number) => Int16Array.from({ length: perWeek }, (_, k) => ((seed + 7 * k * k) % 4001) - 2000);
const profiles = fc.oneof(
  fc.constant(flatProfile(perWeek)),
  fc.nat().map((n) => new KeptProfile(perWeek, slotsPerHour(perWeek), stepsOf(n), stepsOf(n + 5), stepsOf(n + 9))),
);

/** Models of whatever the table holds, each number by its form; whose filters' average is theirs. */
function models(of: ModelColumns = columns): fc.Arbitrary<RowModel> {
  const byForm = {
    whole: fc.oneof(fc.constant(0), fc.nat(1e6)),
    time: fc.oneof(
      fc.constant(Number.NaN),
      fc.nat(grid.length - 1).map((bucket) => grid.start + bucket * grid.step),
    ),
    float: fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e4, noNaN: true })),
    derived: fc.constant(0),
  };
  const numbers = fc.tuple(...of.forms.map((form) => byForm[form]));
  return fc.tuple(numbers, profiles).map(([row, profile]) => {
    const { level, anchor, ...others } = of.take(Float64Array.from(row));
    return withAverage({ ...others, level, anchor: Math.max(anchor, 1e-3), profile });
  });
}

function again(model: RowModel, of: ModelColumns = columns): RowModel {
  return allAgain([model], of)[0];
}

function allAgain(models: readonly RowModel[], of: ModelColumns = columns): RowModel[] {
  const codec = new ModelCodec(grid, of);
  const writer = new ByteWriter();
  codec.write(writer, models);
  const reader = new ByteReader(writer.toBytes());
  const read = codec.read(reader, models.length);
  reader.end();
  return read.map((model) => of.whole(model));
}

const numbersOf = (model: RowModel) => [...columns.put(model, new Float64Array(columns.size))];

describe('the fields of a model', () => {
  it('come back from bytes, rounded or not', () => {
    fc.assert(
      fc.property(models(), (model) => {
        const exact = { ...model, bursts: null };
        expect(again(exact)).toEqual(exact);
        const rounded = roundedModel(model, columns);
        expect(again(rounded)).toEqual(rounded);
      }),
    );
  });

  it('come back from the bytes of many, in which each is coded by those before it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(models(), fc.boolean()), { maxLength: 12 }), (drawn) => {
        const all = drawn.flatMap(([model, isRounded]) => {
          const one = isRounded ? roundedModel(model, columns) : { ...model, bursts: null };
          // Some of the numbers as they were last.
          return [one, { ...one, calls: one.calls + 1 }];
        });
        expect(allAgain(all)).toEqual(all);
      }),
      { numRuns: 60 },
    );
  });

  it('come back from another thread', () => {
    fc.assert(
      fc.property(fc.array(models(), { maxLength: 4 }), (all) => {
        const shown = (by: number) => ({ stretch: by, knee: by + 0.5, slope: by + 0.25 });
        const tails = new Map(
          all.flatMap(({ calls, above, below }, row) =>
            calls % 2 === 0
              ? []
              : [
                  [
                    row,
                    {
                      above: above.map((_, w) => shown(calls + w)),
                      below: below.map((_, w) => shown(calls - w)),
                      silence: { shift: calls, slope: row },
                    },
                  ] as const,
                ],
          ),
        );
        const back = unpackRows(packRows({ models: all.map((model) => columns.alone(model)), tails }, HOUR), HOUR);
        expect(back.models.map((model) => columns.whole(model))).toEqual(all);
        expect(back.tails).toEqual(tails);
      }),
      { numRuns: 30 },
    );
  });

  it('are the same where the model lies in a table of many, asked for one by one', () => {
    fc.assert(
      fc.property(fc.array(models(), { minLength: 1, maxLength: 200 }), fc.nat(), (all, n) => {
        const table = new Arena();
        const kept = all.map((model) => columns.keep(model, table));
        for (const [i, model] of all.entries()) {
          expect(Object.fromEntries(columns.fields.map(({ name }) => [name, kept[i][name as keyof RowModel]]))).toEqual(
            Object.fromEntries(columns.fields.map(({ name }) => [name, model[name as keyof RowModel]])),
          );
          expect(numbersOf(kept[i])).toEqual(numbersOf(model));
          const tails = tailsInHand();
          kept[i].putTails(tails);
          expect(tails).toMatchObject({ silence: model.silence });
          expect(tails.above.slice(0, columns.windows)).toEqual(model.above);
          expect(tails.below.slice(0, columns.windows)).toEqual(model.below);
        }
        // Changed where one lies, it is as one rounded after the change, and the others are as they were.
        const one = n % all.length;
        const fields = { phi: all[0].phi.map((phi) => phi / 3), silenceShift: Math.PI, above: all[0].below };
        const before = kept.map((model) => columns.whole(model));
        columns.change(kept[one], fields);
        const { phi, silenceShift, above } = roundedModel({ ...before[one], ...fields }, columns);
        for (const [i, model] of before.entries())
          expect(columns.whole(kept[i])).toEqual(i === one ? { ...model, phi, silenceShift, above } : model);
      }),
      { numRuns: 20 },
    );
  });

  it('are rounded once: to 24 bits where they are no whole numbers, and the filters’ average with them', () => {
    fc.assert(
      fc.property(models(), (model) => {
        const before = numbersOf(model);
        const rounded = roundedModel(model, columns);
        expect(numbersOf(model)).toEqual(before);
        expect(roundedModel(rounded, columns)).toEqual(rounded);
        expect(withAverage({ ...rounded, level: rounded.level.slice() })).toEqual(rounded);
        for (const [i, value] of numbersOf(rounded).entries()) {
          const form = columns.forms[i];
          if (form === 'float') expect(value).toBe(shortNumber(before[i]));
          else if (form !== 'derived') expect(value).toBe(before[i]);
        }
      }),
    );
  });

  it('are merged to nothing outside the two', () => {
    fc.assert(
      fc.property(models(), models(), (early, late) => {
        const [x, y, both] = [early, late, mergedModel(early, late, columns)].map(numbersOf);
        for (const { name, from, to } of columns.fields) {
          for (let i = from; i < to; i++) {
            const most = ['calls', 'support', 'listened', 'silent', 'clock'].includes(name)
              ? x[i] + y[i]
              : Math.max(x[i], y[i]);
            if (Number.isNaN(most) || name === 'bursts') continue;
            expect(both[i], name).toBeLessThanOrEqual(most + 1e-12 * (x[i] + y[i]));
            expect(both[i], name).toBeGreaterThanOrEqual(Math.min(x[i], y[i]) - 1e-12 * (x[i] + y[i]));
          }
        }
      }),
    );
  });

  it('are, of a series without a call in either history, the later ones', () => {
    fc.assert(
      fc.property(models(), models(), (a, b) => {
        const [early, late] = [a, b].map((of) => ({ ...of, calls: 0 }));
        const listened = early.listened + late.listened;
        expect(mergedModel(early, late, columns)).toEqual({ ...late, listened });
      }),
    );
  });

  it('take a line each: of one more, and no other change, everything goes on working', () => {
    const more = {
      ...MODEL_FIELDS,
      trust: field(FLOAT, MEAN, ({ numbers, at: { anchor } }) => numbers[anchor]),
      naps: field(WHOLE, OF_LAST_CALL),
    };
    const wider = new ModelColumns(columns.windows, more);
    fc.assert(
      fc.property(models(), models(), fc.double({ min: 0, max: 9, noNaN: true }), fc.nat(), (a, b, trust, naps) => {
        const early = roundedModel({ ...a, ...{ trust, naps } }, wider);
        expect(early).toEqual({ ...roundedModel(a, columns), trust: shortNumber(trust), naps });
        expect(again(early, wider)).toEqual(early);
        const late = { ...b, support: early.support, calls: 1, ...{ trust: 0, naps: 7 } };
        expect(mergedModel(early, late, wider)).toMatchObject({ trust: shortNumber(trust) / 2, naps: 7 });
      }),
    );
  });
});

it.each([HOUR, 24 * HOUR])(
  'a model as a baseline keeps it has the fields of the model itself, in buckets of %i ms',
  (step) => {
    // Buckets of a day are judged over one window: what has a number for each is a list all the same.
    const of = modelColumns(windowsOf(step).spans.length);
    fc.assert(
      fc.property(models(of), (model) => {
        const whole = of.whole(model);
        const kept = of.keep(model, new Arena());
        for (const name of Object.keys(MODEL_FIELDS) as (keyof typeof MODEL_FIELDS)[]) {
          expect(kept[name], name).toStrictEqual(whole[name]);
        }
      }),
      { numRuns: 50, seed: 3 },
    );
  },
);
