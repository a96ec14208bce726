import { defineMigrator } from '../shared/application/define-migrator.ts';
import { createGlobalConfig } from './migrations/landlord-0001-create-global-config.ts';
import { seedDefaultTemplate } from './migrations/seed-default-template.ts';
import { createCardTemplates } from './migrations/tenant-0001-create-card-templates.ts';
import { createDigitalCards } from './migrations/tenant-0002-create-digital-cards.ts';
import { createCardValidations } from './migrations/tenant-0003-create-card-validations.ts';
import { addCardNumbers } from './migrations/tenant-0004-add-card-numbers.ts';
import { numberCards } from './migrations/tenant-0005-number-cards.ts';
import { indexCardNumbers } from './migrations/tenant-0006-index-card-numbers.ts';
import { requireCardNumbers } from './migrations/tenant-0007-require-card-numbers.ts';
import { forgetValidators } from './migrations/tenant-0008-forget-validators.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [createGlobalConfig],
  tenant: [
    createCardTemplates,
    createDigitalCards,
    createCardValidations,
    addCardNumbers,
    numberCards,
    indexCardNumbers,
    requireCardNumbers,
    forgetValidators,
  ],
  seed: seedDefaultTemplate,
});
