export type { NotifyOptions } from '../notify.js';
export { snsNotifier } from '../notify-sns.js';
