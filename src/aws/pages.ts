import { AwsCallError } from './call-aws.js';
import type { AwsAction } from './permissions.js';

/** So many pages without an entry may follow one another. */
const MOST_EMPTY = 1_000;
/** So often in a row a page without an entry may lead to one of before, such as itself: it is asked for again. */
const MOST_REPEATS = 3;
/** So many tokens are remembered. */
const MOST_TOKENS = 10_000;

/** A listing that would go on for ever. */
class EndlessListing extends Error {
  override readonly name = 'EndlessListing';
}

/**
 * The way through the pages of a listing, which ends: a page that leads back to one of before, and page after page with
 * nothing on it, are a fault of the service or of what stands in for it.
 */
export class Pages {
  readonly #action: AwsAction;
  readonly #mostEmpty: number;
  readonly #tokens = new Set<string>();
  #empty = 0;
  #repeats = 0;

  /** @param mostEmpty so many pages in a row may be empty */
  constructor(action: AwsAction, mostEmpty = MOST_EMPTY) {
    this.#action = action;
    this.#mostEmpty = mostEmpty;
  }

  /**
   * The token of the next page; undefined at the end.
   * @param entries how many were on this page
   * @throws AwsCallError when there would be no end
   */
  next(token: string | null | undefined, entries: number): string | undefined {
    if (token === undefined || token === null || token === '') return undefined;
    this.#empty = entries > 0 ? 0 : this.#empty + 1;
    this.#repeats = this.#tokens.has(token) ? this.#repeats + 1 : 0;
    if (this.#repeats > (entries > 0 ? 0 : MOST_REPEATS)) this.#fail('a page leads to one that was read before');
    if (this.#empty > this.#mostEmpty) this.#fail(`${this.#empty} pages in a row were empty`);
    this.#tokens.add(token);
    // The oldest: a ring of pages is shorter.
    for (const oldest of this.#tokens) {
      if (this.#tokens.size <= MOST_TOKENS) break;
      this.#tokens.delete(oldest);
    }
    return token;
  }

  /** The listing is taken up again: its pages may come a second time. */
  again(): void {
    this.#tokens.clear();
  }

  #fail(message: string): never {
    throw new AwsCallError(this.#action, new EndlessListing(message));
  }
}
