/** An address of IPv4 or IPv6 as its bits: 32 or 128. */
export interface IpAddress {
  readonly bits: bigint;
  readonly length: 32 | 128;
}

/** The addresses that begin with the same bits. */
export interface IpBlock extends IpAddress {
  readonly prefix: number;
}

/** `10.0.0.1`, `2001:db8::1`, `::ffff:10.0.0.1`; `undefined` for another text. */
export function addressIn(text: string): IpAddress | undefined {
  const four = fourIn(text);
  if (four !== undefined) return { bits: four, length: 32 };
  // The last 32 bits may stand as an address of IPv4.
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const last = tail === null ? undefined : fourIn(tail[2]);
  if (tail !== null && last === undefined) return undefined;
  const whole =
    tail === null || last === undefined
      ? text
      : `${tail[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  const halves = whole.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = groups.flat();
  if (!given.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  const missing = 8 - given.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const [head, rest = []] = groups;
  const all = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => '0'), ...rest];
  return { bits: all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n), length: 128 };
}

function fourIn(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

/** `10.0.0.0/24`, `2001:db8::/32`; `undefined` for another text. */
export function parseBlock(text: string): IpBlock | undefined {
  const [address = '', size = '', ...more] = text.split('/');
  const found = addressIn(address);
  if (found === undefined || more.length > 0 || !/^\d{1,3}$/.test(size) || Number(size) > found.length)
    return undefined;
  return { ...found, prefix: Number(size) };
}

/** Whether an address is in a block, of the same kind. */
export function isInBlock(address: IpAddress | undefined, { bits, length, prefix }: IpBlock): boolean {
  if (address?.length !== length) return false;
  const rest = BigInt(length - prefix);
  return address.bits >> rest === bits >> rest;
}
