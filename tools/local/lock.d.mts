/** Takes a kernel lock on a file; see lock.mjs. */
export declare const tryLock: (file: string) => number | undefined;
