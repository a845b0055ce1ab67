import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AccessModule } from '@waybill/platform';
import type { Config } from '@waybill/platform';
import { BillingController } from './billing/billing.controller.js';
import { BillingView } from './billing/billing-view.js';
import { InvoiceReader } from './billing/invoice-reader.js';
import { InvoicesController } from './billing/invoices.controller.js';
import { DocumentController } from './document.controller.js';
import { FinanceController } from './finance/finance.controller.js';
import { ChecksView } from './finance/checks-view.js';
import { DeletionsController } from './finance/deletions.controller.js';
import { FinanceChecksController } from './finance/finance-checks.controller.js';
import { FinanceExportsController } from './finance/finance-exports.controller.js';
import { FinanceReportsController } from './finance/finance-reports.controller.js';
import { FinanceView } from './finance/finance-view.js';
import { IdentityAuthentication } from './identity-authentication.js';
import { ApiKeysController } from './identity/api-keys.controller.js';
import { BrowserSessions } from './identity/browser-sessions.js';
import { DataTokensController } from './identity/data-tokens.controller.js';
import { SessionController } from './identity/session.controller.js';
import { Installation } from './installation.js';
import { PaymentsController } from './payments/payments.controller.js';
import { PortalAttemptsController } from './portal/portal-attempts.controller.js';
import { PortalEndpoints } from './portal/portal-endpoints.js';
import { PortalInvitations } from './portal/portal-invitations.js';
import { PortalSecretsController } from './portal/portal-secrets.controller.js';
import { PortalController } from './portal/portal.controller.js';
import { RoomsModule } from './rooms.module.js';
import type { Rooms } from './rooms.js';
import { SourcesController } from './sources/sources.controller.js';
import { RecipientsController } from './recipients/recipients.controller.js';
import { AttemptsController } from './subscriptions/attempts.controller.js';
import { SubscriptionSecretsController } from './subscriptions/subscription-secrets.controller.js';
import { SubscriptionsController } from './subscriptions/subscriptions.controller.js';
import { BindingsController } from './topology/bindings.controller.js';
import { ExchangesController } from './topology/exchanges.controller.js';
import { NamespacesController } from './topology/namespaces.controller.js';
import { QueuesController } from './topology/queues.controller.js';
import { DrillDownView } from './usage/drill-down-view.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageView } from './usage/usage-view.js';

@Module({})
export class ControlPlaneModule {
  static of(rooms: Rooms, config: Config): DynamicModule {
    return {
      module: ControlPlaneModule,
      imports: [RoomsModule.of(rooms), AccessModule.forRoot({ publicUrl: config.publicUrl, imports: [], authentication: IdentityAuthentication })],
      controllers: [
        SessionController, ApiKeysController, DataTokensController, NamespacesController, ExchangesController, QueuesController, BindingsController, SubscriptionsController, SubscriptionSecretsController, AttemptsController, SourcesController,
        RecipientsController,
        PortalController, PortalSecretsController, PortalAttemptsController,
        UsageController, BillingController, InvoicesController, FinanceController, FinanceReportsController, FinanceChecksController, DeletionsController, FinanceExportsController, PaymentsController, DocumentController,
      ],
      providers: [
        { provide: BillingView, useValue: new BillingView(rooms.billing, config.rateLimitNamespacePerSecond || null, (tenantId) => rooms.payments.cardOf(tenantId)) },
        { provide: InvoiceReader, useValue: new InvoiceReader(rooms.billing) },
        { provide: ChecksView, useValue: new ChecksView(rooms.billing) },
        { provide: FinanceView, useValue: new FinanceView(rooms.billing) },
        BrowserSessions, UsageView, DrillDownView, PortalEndpoints, PortalInvitations, { provide: Installation, useValue: new Installation(config.publicUrl, config.gatewayPublicUrl, config.demonstration) }],
    };
  }
}
