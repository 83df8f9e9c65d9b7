// The one place that runs a module which a user has named. A file of its own: the program itself is no module, and cannot import one.
/** Errors: whatever the module throws. */
export const importModule = (url: string): Promise<Readonly<Record<string, unknown>>> => import(url) as Promise<Readonly<Record<string, unknown>>>;
