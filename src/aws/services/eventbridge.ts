export { type RuleDefinition, type RuleDefinitionOptions, ruleDefinitions } from '../definitions-rules.js';
export type { NotifyOptions } from '../notify.js';
export { eventBridgeNotifier, NOTICE_DETAIL_TYPE, NOTICE_SOURCE } from '../notify-eventbridge.js';
