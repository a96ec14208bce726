import { createHmac } from 'node:crypto';

/** HMAC-SHA256 in hex, as payment providers check it. */
export const hmac = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('hex');
