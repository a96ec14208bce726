import * as z from 'zod';

/** When a module's own code may run beside its migrations; a manifest announces which hooks a version has. */
export const HookName = z.enum(['preInstall', 'postInstall', 'preUpgrade', 'postUpgrade', 'preUninstall', 'postUninstall']);
export type HookName = z.infer<typeof HookName>;

/** They come last, and may have effects outside. */
export type PostHookName = Extract<HookName, `post${string}`>;
export const isPostHook = (hook: HookName): hook is PostHookName => hook.startsWith('post');
