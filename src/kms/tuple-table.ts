/** Gives tuples of whole numbers a number each, in the order in which they come: a hash table without an object for each. */
export class TupleTable {
  size = 0;
  readonly #width: number;
  #tuples: Int32Array;
  /** Numbers plus 1 in open addressing, at most half full; 0 marks a free place. */
  #places = new Int32Array(64);

  constructor(width: number) {
    this.#width = width;
    this.#tuples = new Int32Array(32 * width);
  }

  /** The number of a tuple of the table's width; `size` as it was before where it is a new one. */
  numberOf(tuple: Int32Array): number {
    const width = this.#width;
    const tuples = this.#tuples;
    const places = this.#places;
    const mask = places.length - 1;
    for (let place = hashOf(tuple, 0, width) & mask; ; place = (place + 1) & mask) {
      const number = places[place] - 1;
      if (number < 0) return this.#add(tuple, place);
      let i = 0;
      while (i < width && tuples[number * width + i] === tuple[i]) i++;
      if (i === width) return number;
    }
  }

  #add(tuple: Int32Array, place: number): number {
    const number = this.size++;
    this.#places[place] = number + 1;
    this.#tuples.set(tuple, number * this.#width);
    if (this.size * 2 === this.#places.length) this.#grow();
    return number;
  }

  #grow(): void {
    const width = this.#width;
    const tuples = new Int32Array(2 * this.#tuples.length);
    tuples.set(this.#tuples);
    this.#tuples = tuples;
    const places = new Int32Array(2 * this.#places.length);
    const mask = places.length - 1;
    for (let number = 0; number < this.size; number++) {
      let place = hashOf(tuples, number * width, width) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = number + 1;
    }
    this.#places = places;
  }
}

function hashOf(tuples: Int32Array, at: number, width: number): number {
  let hash = 0;
  for (let i = at; i < at + width; i++) {
    hash = Math.imul(hash ^ tuples[i], 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash ^ (hash >>> 13);
}
