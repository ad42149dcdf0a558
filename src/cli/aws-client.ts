import type { ClientSettings } from '../aws/clients.js';
import type { Arguments } from './flags.js';

/** What the flags `--profile`, `--region` and `--endpoint` say of clients of AWS; the SDK finds what they do not say. */
export function clientSettings(given: Pick<Arguments<'profile' | 'region' | 'endpoint'>, 'list'>): ClientSettings {
  const flags = ['profile', 'region', 'endpoint'] as const;
  return Object.fromEntries(
    flags.flatMap((flag) => {
      // Of several Regions, the first.
      const [value] = given.list(flag);
      return value === undefined ? [] : [[flag, value]];
    }),
  );
}
