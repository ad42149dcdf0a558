/** A failure to send a notice that trying again at once does not mend. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError';
  /**
   * Whether it is this notice that was refused: it is set aside for good. False where the address or the permission is at
   * fault, and others will be refused as well: then the notice waits, for as long as no other is taken.
   */
  readonly isOfNotice: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly isOfNotice?: boolean } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.isOfNotice = options.isOfNotice ?? true;
  }
}
