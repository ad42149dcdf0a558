/** One account and Region, and when its log was listening. */
export interface LogSource {
  readonly account: string;
  readonly region: string;
  /** Distinct KMS calls. */
  readonly kmsCalls: number;
  /** From its first record to its last, in ticks of five minutes. */
  readonly from: number;
  readonly to: number;
}
