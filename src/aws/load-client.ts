/** An optional package that is needed and not installed; the message is the line that installs it. */
export class MissingPackage extends Error {
  override readonly name = 'MissingPackage';
}

/**
 * What a client's package holds, loaded when an adapter first needs it: all of them are optional, so that a program that
 * reads CloudWatch does not have to install the client of S3.
 * @param load the import itself, written out at the call so that bundlers see it
 * @throws MissingPackage where it is not installed
 */
export async function loadClient<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    throw new MissingPackage(
      `${name} is not installed, and this part of kms-baseline/aws needs it: npm install ${name}`,
      {
        cause,
      },
    );
  }
}
