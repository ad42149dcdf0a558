/** Where a plan keeps its state. Whoever runs it is the only one who writes there. */
export interface PlanStore {
  /**
   * Claims the place for this run, before anything is read: whoever has a claim is the only one who saves. Throws a
   * {@link StoreConflict} where another run has it. Stores without one find out at `save`.
   */
  claim?(): Promise<void>;
  /** Gives the claim up, at the end of a run. */
  release?(): Promise<void>;
  /** The bytes that were saved last; null when there are none. */
  load(): Promise<Uint8Array | null>;
  /**
   * Takes the place of what was there, wholly or not at all: after a crash, `load` finds the old bytes or the new ones.
   * Throws a {@link StoreConflict} where what was there is not what this store read or wrote last.
   */
  save(bytes: Uint8Array): Promise<void>;
}

/** Another run keeps its state in the same place. Of the two, the one that meets it ends, and notifies nobody. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';

  /**
   * @param place where, in the store's own words
   * @param holder who has a claim to it, in words; left out where another state was found in its place
   */
  constructor(place: string, holder?: string) {
    super(
      holder === undefined
        ? `another run of the plan has kept its state in ${place} meanwhile; this one ends, and that one goes on`
        : `another run of the plan keeps its state in ${place} (${holder}); this one ends, and that one goes on`,
    );
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
