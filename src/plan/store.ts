/** Where a plan keeps its state. Whoever runs it is the only one who writes there. */
export interface PlanStore {
  /** The bytes that were saved last; null when there are none. */
  load(): Promise<Uint8Array | null>;
  /** Takes the place of what was there, wholly or not at all: after a crash, `load` finds the old bytes or the new ones. */
  save(bytes: Uint8Array): Promise<void>;
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
