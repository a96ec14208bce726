import { defineApi } from '../shared/application/route.ts';
import { makeSqlInvoiceStore } from './adapters/sql-invoice-store.ts';
import { invoiceRoutes } from './application/invoice-routes.ts';

export const declaration = defineApi({
  module: 'finance',
  routes: (ports) => invoiceRoutes({ ...ports, store: makeSqlInvoiceStore(ports) }),
});
