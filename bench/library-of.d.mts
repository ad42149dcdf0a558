/** Whatever the build has: whoever measures names what is needed of it. */
export function libraryOf<Library>(index: string): Promise<Library>;
