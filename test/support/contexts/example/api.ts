import * as z from 'zod';
import { kyselyOver } from '../../../../contexts/shared/application/database.ts';
import { defineApi, defineRoute, readers } from '../../../../contexts/shared/application/route.ts';

const Note = z.strictObject({ id: z.string(), text: z.string() });

export const declaration = defineApi({
  module: 'example',
  routes: ({ database }) => [
    defineRoute({
      method: 'GET',
      path: '/tenants/{tenant}/notes',
      operationId: 'listNotes',
      summary: 'List the notes',
      tags: ['Example'],
      roles: readers,
      answers: { 200: { description: 'The first hundred notes.', schema: z.strictObject({ items: z.array(Note) }) } },
      handle: async ({ tenant }) => {
        const db = kyselyOver<{ notes: z.infer<typeof Note> }>(database(tenant)).withSchema('example');
        return { status: 200, body: { items: await db.selectFrom('notes').selectAll().orderBy('id').limit(100).execute() } };
      },
    }),
  ],
});
