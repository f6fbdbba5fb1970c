export declare const REPOSITORY: string;
export declare function requireNode(): void;
export declare function ensureDependencies(progress?: (step: string) => void): boolean;
export declare function ensureBuild(options?: { readonly fresh?: boolean }, progress?: (step: string) => void): boolean;
export declare function run(command: string, args: readonly string[], environment?: Readonly<Record<string, string>>): boolean;
