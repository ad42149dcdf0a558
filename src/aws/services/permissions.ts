export {
  type AthenaAction,
  AWS_PERMISSIONS,
  type AwsAction,
  type AwsAdapter,
  type IamPolicy,
  iamPolicy,
} from '../permissions.js';
export { SENDING_PERMISSIONS } from '../send-permissions.js';
