/** The system's name for a failure, such as `ENOENT`; empty where it gave none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
