/** Prints what stands at the head of a script, and ends, where it is asked for --help. @param script its `import.meta.url` */
export function helpFor(script: string): void;
