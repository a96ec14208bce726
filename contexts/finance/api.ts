import { defineApi } from '../shared/application/route.ts';
import { hmac } from './adapters/hmac.ts';
import { makeSqlInvoiceStore } from './adapters/sql-invoice-store.ts';
import { invoiceRoutes } from './application/invoice-routes.ts';
import { Configuration } from './domain/configuration.ts';

export const declaration = defineApi({
  module: 'finance',
  routes: (ports) =>
    invoiceRoutes({
      ...{ clock: ports.clock, newId: ports.newId, store: makeSqlInvoiceStore(ports) },
      configuration: async (tenant) => Configuration.parse(await ports.configuration(tenant)),
      providerKey: async (tenant) => Configuration.shape.paymentProviderKey.parse(await ports.secret(tenant, 'paymentProviderKey')),
      sign: hmac,
    }),
});
