import { expect, it } from 'vitest';
import { FormatError, InputError } from '../src/index.js';
import { type Draw, mutated } from './support/fuzz.js';
import { doors } from './support/fuzz-doors.js';
import { seeded } from './support/random.js';

// `npm run fuzz -- --seed S --count N` sets these; as a test, a few inputs for each door.
const { FUZZ_SEED = '1', FUZZ_COUNT = '1000', FUZZ_DOOR } = process.env;
/** No input of a few KB takes a door so long, ms of this process's own time: what does, loops or is quadratic. */
const SLOW = 10_000;
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const all = (await doors()).filter(({ name }) => FUZZ_DOOR === undefined || name === FUZZ_DOOR);
const each = Math.ceil(Number(FUZZ_COUNT) / all.length);

it.each(all)(
  '$name: whatever comes in, InputError and FormatError are all that comes out',
  async (door) => {
    for (const seed of door.seeds) await door.open(seed);
    const draw: Draw = seeded(Number(FUZZ_SEED));
    let refused = 0;
    for (let i = 0; i < each; i++) {
      const input = mutated(door, draw);
      const began = spent();
      try {
        await door.open(input);
      } catch (error) {
        refused++;
        if (!(error instanceof InputError || error instanceof FormatError)) {
          throw new Error(`seed ${FUZZ_SEED}, input ${i}: ${shownInput(input)}`, { cause: error });
        }
        // The bytes of a snapshot are nobody's parameter; but those of a state may be another plan's.
        if (door.header !== undefined && door.name !== 'plan state')
          expect(error, `input ${i}`).toBeInstanceOf(FormatError);
      }
      if (spent() - began > SLOW) throw new Error(`seed ${FUZZ_SEED}, input ${i} is slow: ${shownInput(input)}`);
    }
    if (FUZZ_COUNT !== '1000') console.log(`${door.name}: ${each} inputs, ${refused} refused`);
  },
  each * 1000 + 60_000,
);

function shownInput(input: string | Uint8Array): string {
  return typeof input === 'string' ? JSON.stringify(input) : Buffer.from(input).toString('base64');
}
