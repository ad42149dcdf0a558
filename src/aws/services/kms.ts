export type { KmsKey } from '../../kms/lifecycle.js';
export { AwsCallError, type CallOptions } from '../call-aws.js';
export { type InventoryOptions, keyInventory } from '../key-inventory.js';
export { Pacer } from '../pacer.js';
