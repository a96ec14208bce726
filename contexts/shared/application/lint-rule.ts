/** What the lint looks for, each with what to do about it. */
export const remedies = {
  'index-locks-table': "declare the index as a migration of kind 'concurrent'; a constraint can then take it over with USING INDEX",
  'table-rewritten':
    "add a new column, fill it with a migration of kind 'batched', and drop the old one in a later version's 'contract' migration",
  'volatile-default':
    "add the column without a default, set the default in a second statement, and fill old rows with a migration of kind 'batched'",
  'not-null-too-early': "add it nullable, fill it with a migration of kind 'batched', and SET NOT NULL in a migration of kind 'contract'",
  'constraint-locks-table': "add it NOT VALID, and VALIDATE CONSTRAINT in a migration of kind 'contract'",
  'table-locked': 'choose a statement that does not lock the table against those who use it',
  'destroys-too-early': "do it in a migration of kind 'contract', which runs last and is known not to be undone",
  'missing-down': 'write the statements that take back what up did',
  'round-trip': 'let down take back exactly what up makes, and make again what it drops',
  'outside-schema': "name the module's own schema, and nothing in another: other modules are reached through their index.ts",
  'cross-schema-key': 'keep the other row’s id without a foreign key, and ask its module through its index.ts',
  'many-statements': 'execute each statement by itself',
  'session-state': 'use SET LOCAL, or nothing: sessions are pooled, and the runner opens and commits transactions',
  'hidden-statements': 'write the statements themselves; nobody can look inside a DO block',
  'fails-dry': 'let it cope with empty tables: its statements on them are its checksum and its dry run',
  'tables-differ': 'list in the manifest exactly the tables that stand once the version is installed',
} as const;

export type LintRule = keyof typeof remedies;

/** What is wrong, without where. */
export interface Fault {
  readonly rule: LintRule;
  readonly message: string;
}
