import { describe, expect, it } from 'vitest';
import { countedError, errorInfo, errorNames, OTHER_ERROR, outcomeOf } from '../../src/kms/errors.js';

const documented = ['AccessDenied', 'ThrottlingException', 'DryRunOperationException', 'XksKeyNotFoundException'];
// Names that every object has, and what a log may say.
const others = ['', 'constructor', '__proto__', 'toString', 'accessdenied', 'SomethingElse'];

describe('error codes', () => {
  it('have words of their own where KMS documents them, and are counted by their name', () => {
    expect(documented.map(countedError)).toEqual(documented);
    expect(new Set(documented.map((code) => errorInfo(code).means)).size).toBe(documented.length);
    expect(errorInfo('XksKeyNotFoundException').means).toContain('custom key store');
    expect(errorInfo('AccessDenied').means).toBe('a policy does not allow the call');
  });

  it('that KMS does not document are one', () => {
    for (const code of others) {
      expect(countedError(code), code).toBe(OTHER_ERROR);
      expect(errorInfo(code).means, code).toBe('their error code is not one that KMS documents');
    }
  });

  it('say how a call ended, and which row it counts in', () => {
    expect([null, 'DryRunOperationException', 'AccessDenied', ''].map(outcomeOf)).toEqual([
      'ok',
      'dry-run',
      'error',
      'error',
    ]);
    expect(errorNames(null)).toBeNull();
    const metrics = [...documented, ...others].map((code) => errorNames(code)?.metric);
    expect(new Set(metrics).size).toBe(documented.length + 1);
    expect(errorNames('DryRunOperationException')?.outcome).toBe('dry-run');
  });
});
