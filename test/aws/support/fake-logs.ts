import { type Handler, refusal } from './fake-aws.js';

export interface Delivered {
  /** When CloudWatch Logs got it. */
  readonly timestamp: number;
  readonly message: string;
}

const PATTERN = '{ $.eventSource = "kms.amazonaws.com" }';

/** FilterLogEvents: by delivery time, half-open, in its order; pages of a few events, some of them empty. */
export function logGroup(events: readonly Delivered[], { page = 5, tokenUses = Infinity } = {}): Handler {
  const ordered = events
    .map((event, i) => ({ ...event, eventId: `log-${i}` }))
    .sort((a, b) => a.timestamp - b.timestamp);
  let calls = 0;
  let used = 0;
  return ({ body }) => {
    const { startTime, endTime, nextToken, filterPattern } = body;
    if (![undefined, PATTERN].includes(filterPattern as string | undefined))
      return refusal('InvalidParameterException');
    const found = ordered.filter(
      ({ timestamp, message }) =>
        timestamp >= Number(startTime) &&
        timestamp < Number(endTime) &&
        (filterPattern === undefined || !/"eventSource":\s*"(?!kms\.amazonaws\.com")/.test(message)),
    );
    if (nextToken !== undefined && ++used > tokenUses) {
      used = 0;
      return refusal('InvalidParameterException', 'The specified nextToken is invalid.');
    }
    const from = Number(nextToken ?? 0);
    const to = ++calls % 3 === 0 ? from : from + page;
    return { events: found.slice(from, to), ...(to < found.length ? { nextToken: String(to) } : {}) };
  };
}
