import * as z from 'zod';

/** When a module's own code may run beside its migrations; a manifest announces which hooks a version has. */
export const HookName = z.enum(['preInstall', 'postInstall', 'preUpgrade', 'postUpgrade', 'preUninstall', 'postUninstall']);
export type HookName = z.infer<typeof HookName>;
