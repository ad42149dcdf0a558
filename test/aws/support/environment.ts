import { vi } from 'vitest';

/** Environment variables as of somebody who is logged in: credentials, a Region or none, and no file or host of this machine. */
export function logIn(region: string | undefined = undefined): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'EXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'EXAMPLE');
  vi.stubEnv('AWS_REGION', region);
  for (const name of ['AWS_PROFILE', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
}
