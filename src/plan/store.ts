/** Where a plan keeps its state. Whoever runs it is the only one who writes there. */
export interface PlanStore {
  /** The bytes that were saved last; null when there are none. */
  load(): Promise<Uint8Array | null>;
  /**
   * Takes the place of what was there, wholly or not at all: after a crash, `load` finds the old bytes or the new ones.
   * Throws a {@link StoreConflict} where what was there is not what this store read or wrote last.
   */
  save(bytes: Uint8Array): Promise<void>;
}

/** Another run keeps its state in the same place. Of the two, the one that hears of it ends, and tells nobody anything. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';

  /** @param place where, in the store's own words */
  constructor(place: string) {
    super(`another run of the plan has kept its state in ${place} meanwhile; this one ends, and that one goes on`);
  }
}

/** Keeps the state for as long as the process lives: for tests, and for a watch that may begin anew. */
export function memoryStore(bytes: Uint8Array | null = null): PlanStore {
  let kept = bytes;
  return {
    load: async () => kept,
    save: async (next) => {
      kept = next;
    },
  };
}
