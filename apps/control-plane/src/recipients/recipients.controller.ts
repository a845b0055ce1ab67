import { Controller } from '@nestjs/common';
import { askRecipient, confirmMails, readMailLink, resubscribeToMails, unsubscribeFromMails } from '@waybill/contracts';
import type { MailLinkView, Parsed, Subscription } from '@waybill/contracts';
import { RecipientAnswers, Subscriptions } from '@waybill/delivery';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';

/** Who gets the mails of subscriptions: asked by the tenant, answered by whoever has the mail. */
@Controller()
export class RecipientsController {
  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly answers: RecipientAnswers,
  ) {}

  @Endpoint(askRecipient)
  ask(@From() caller: Caller, @Input() { params, body }: Parsed<typeof askRecipient>): Promise<Subscription> {
    return this.subscriptions.askAgain(caller, params.namespace, { name: params.subscription }, body.address);
  }

  @Endpoint(readMailLink)
  read(@Input() { body }: Parsed<typeof readMailLink>): Promise<MailLinkView> {
    return this.answers.read(body.token);
  }

  @Endpoint(confirmMails)
  confirm(@Input() { body }: Parsed<typeof confirmMails>): Promise<MailLinkView> {
    return this.answers.confirm(body.token);
  }

  @Endpoint(unsubscribeFromMails)
  unsubscribe(@Input() { body }: Parsed<typeof unsubscribeFromMails>): Promise<MailLinkView> {
    return this.answers.unsubscribe(body.token);
  }

  @Endpoint(resubscribeToMails)
  resubscribe(@Input() { body }: Parsed<typeof resubscribeToMails>): Promise<MailLinkView> {
    return this.answers.resubscribe(body.token);
  }
}
