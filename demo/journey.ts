import { tellLife } from './life.ts';
import { perform } from './perform.ts';

/** `npm run journey`: the whole life of modules as a story. */
await perform('journey', tellLife);
