import { errorMetric, type SeriesKey } from '../series/key.js';

/** What an error code of a KMS call means, and who can do something about it. */
export interface ErrorInfo {
  /** Why the calls fail, after "the calls": a clause. */
  readonly means: string;
  /** What to do, and who does it: a sentence without its full stop. */
  readonly mend: string;
}

/** The code under which all codes are counted that KMS does not document: names from logs must not become rows. */
export const OTHER_ERROR = 'other';

const ACCESS: ErrorInfo = {
  means: 'a policy does not allow the call',
  mend: "The caller's team checks the IAM policy of the role, the key's owner the key policy and grants",
};
const THROTTLED: ErrorInfo = {
  means: 'a request quota was exceeded',
  mend: "The caller's team lowers the rate (data key caching, back-off); the account's owner asks for a higher quota",
};
const STATE: ErrorInfo = {
  means: 'the state of the key does not allow the call (disabled, pending deletion or pending import)',
  mend: "The key's owner checks its state with DescribeKey and reverts it (EnableKey, CancelKeyDeletion, ImportKeyMaterial)",
};
const SERVICE: ErrorInfo = {
  means: 'KMS itself, or what it depends on, failed',
  mend: 'The calls can be retried; check the AWS Health Dashboard',
};
const CREDENTIALS: ErrorInfo = {
  means: 'the credentials of the caller are not accepted',
  mend: "The caller's team renews the credentials, and checks whose they are",
};
const INPUT: ErrorInfo = {
  means: 'the request is not valid',
  mend: "The caller's team checks what changed in the application",
};
const CIPHERTEXT: ErrorInfo = {
  means: 'the ciphertext, key or encryption context do not belong together',
  mend: "The caller's team checks which data is read, and which key and encryption context it was encrypted with",
};
const STORE: ErrorInfo = {
  means: 'the custom key store, or the key in it, cannot be used',
  mend: 'The owner of the key store checks its connection, cluster or proxy',
};
const MISSING: ErrorInfo = {
  means: 'the key, alias, grant or key store does not exist',
  mend: "The caller's team checks the key that the application asks for, the key's owner whether it was deleted",
};

const KNOWN: Readonly<Record<string, ErrorInfo>> = {
  AccessDenied: ACCESS,
  AccessDeniedException: ACCESS,
  KMSAccessDeniedException: ACCESS,
  UnauthorizedOperation: ACCESS,
  NotAuthorized: ACCESS,
  VpceAccessDenied: { ...ACCESS, mend: 'The owner of the VPC endpoint checks its policy' },
  OptInRequired: ACCESS,
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  LimitExceededException: {
    means: 'a resource quota was reached (keys, aliases, grants, or rotations)',
    mend: "The account's owner removes what is not used, or asks for a higher quota",
  },
  DisabledException: {
    means: 'the key is disabled',
    mend: "The key's owner enables it (EnableKey), or the caller's team moves to another key",
  },
  KMSInvalidStateException: STATE,
  KeyUnavailableException: { ...SERVICE, means: 'the key was not available for a moment' },
  KMSInternalException: SERVICE,
  InternalFailure: SERVICE,
  InternalError: SERVICE,
  InternalServerError: SERVICE,
  ServiceUnavailable: SERVICE,
  ServiceUnavailableException: SERVICE,
  DependencyTimeoutException: SERVICE,
  NotFoundException: MISSING,
  ExpiredToken: CREDENTIALS,
  ExpiredTokenException: CREDENTIALS,
  InvalidClientTokenId: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  IncompleteSignature: CREDENTIALS,
  InvalidSignatureException: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  MissingAuthenticationToken: CREDENTIALS,
  MissingAuthenticationTokenException: CREDENTIALS,
  RequestExpired: CREDENTIALS,
  AuthFailure: CREDENTIALS,
  ValidationError: INPUT,
  ValidationException: INPUT,
  InvalidArnException: INPUT,
  InvalidAliasNameException: INPUT,
  InvalidMarkerException: INPUT,
  InvalidGrantIdException: INPUT,
  InvalidGrantTokenException: INPUT,
  InvalidParameterValue: INPUT,
  InvalidParameterException: INPUT,
  MalformedPolicyDocumentException: INPUT,
  MalformedQueryString: INPUT,
  SerializationException: INPUT,
  TagException: INPUT,
  UnknownOperationException: INPUT,
  UnsupportedOperationException: INPUT,
  AlreadyExistsException: INPUT,
  ConflictException: INPUT,
  InvalidKeyUsageException: {
    means: "the key's usage or algorithm does not fit the operation",
    mend: "The caller's team checks which key the application uses for this operation",
  },
  InvalidCiphertextException: CIPHERTEXT,
  IncorrectKeyException: CIPHERTEXT,
  KMSInvalidMacException: { ...CIPHERTEXT, means: 'the MAC does not match the message' },
  KMSInvalidSignatureException: { ...CIPHERTEXT, means: 'the signature does not match the message' },
  ExpiredImportTokenException: INPUT,
  IncorrectKeyMaterialException: INPUT,
  InvalidImportTokenException: INPUT,
  DryRunOperationException: {
    means: 'they were dry runs, and would have worked',
    mend: 'Nothing failed; ask the caller why permissions are tried out',
  },
};

const OTHERS: ErrorInfo = {
  means: 'their error code is not one that KMS documents',
  mend: 'Read the error code in the log',
};

/** What an error code means and who mends it; of a code that KMS does not document, that. */
export function errorInfo(code: string): ErrorInfo {
  if (Object.hasOwn(KNOWN, code)) return KNOWN[code];
  return isStore(code) ? STORE : OTHERS;
}

/** An error code as it is counted: itself where it is documented, else {@link OTHER_ERROR}. */
export function countedError(code: string): string {
  return Object.hasOwn(KNOWN, code) || isStore(code) ? code : OTHER_ERROR;
}

const STORE_ERRORS: ReadonlySet<string> = new Set([
  'CloudHsmClusterInUseException',
  'CloudHsmClusterInvalidConfigurationException',
  'CloudHsmClusterNotActiveException',
  'CloudHsmClusterNotFoundException',
  'CloudHsmClusterNotRelatedException',
  'CustomKeyStoreHasCMKsException',
  'CustomKeyStoreInvalidStateException',
  'CustomKeyStoreNameInUseException',
  'CustomKeyStoreNotFoundException',
  'IncorrectTrustAnchorException',
  'XksKeyAlreadyInUseException',
  'XksKeyInvalidConfigurationException',
  'XksKeyNotFoundException',
  'XksProxyIncorrectAuthenticationCredentialException',
  'XksProxyInvalidConfigurationException',
  'XksProxyInvalidResponseException',
  'XksProxyUriEndpointInUseException',
  'XksProxyUriInUseException',
  'XksProxyUriUnreachableException',
  'XksProxyVpcEndpointServiceInUseException',
  'XksProxyVpcEndpointServiceInvalidConfigurationException',
  'XksProxyVpcEndpointServiceNotFoundException',
]);

function isStore(code: string): boolean {
  return STORE_ERRORS.has(code);
}

/**
 * How a call ended. A dry run never succeeds: it ends in this error when the real call would have worked (KMS Developer
 * Guide, testing-permissions).
 */
export function outcomeOf(error: string | null): NonNullable<SeriesKey['outcome']> {
  if (error === null) return 'ok';
  return error === 'DryRunOperationException' ? 'dry-run' : 'error';
}

/** The names of the row in which a call that did not succeed counts by its error code; `null` of one that did. */
export function errorNames(error: string | null): Pick<SeriesKey, 'outcome' | 'metric'> | null {
  return error === null ? null : { outcome: outcomeOf(error), metric: errorMetric(countedError(error)) };
}
