import { perform } from './perform.ts';
import { tellStory } from './story.ts';

/** `npm run demo`: the main job as a story. */
await perform('demo', tellStory);
