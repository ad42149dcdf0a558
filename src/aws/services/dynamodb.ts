export { AwsCallError, type CallOptions } from '../call-aws.js';
export { type DynamoStoreOptions, dynamoStore } from '../dynamo-store.js';
export { Pacer } from '../pacer.js';
