/** Exit statuses, the same for every command. */
export const DONE = 0;
/** A mistake in the command, nothing to read, or nothing that could be judged. */
export const NOT_DONE = 2;
/** Done, but some of the input could not be read. */
export const PARTLY_READ = 3;
/** Done, and there are anomalies; only with --fail-on-anomaly. */
export const ANOMALIES = 4;
/** As a shell reports a program that SIGINT ended. */
export const INTERRUPTED = 130;
