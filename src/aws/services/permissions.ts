export {
  type AthenaAction,
  type IamPolicy,
  type IamPolicyOptions,
  iamPolicy,
  type SendingAdapter,
} from '../iam-policy.js';
export { AWS_PERMISSIONS, type AwsAction, type AwsAdapter } from '../permissions.js';
export { SENDING_PERMISSIONS } from '../send-permissions.js';
export { STORE_PERMISSIONS, type StoreAction, type StoreAdapter } from '../store-permissions.js';
