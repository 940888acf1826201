import type { ReminderKind } from '../../../shared/domain/reminders';

/** In the order in which each language has them: a subject and a text of each kind, then the line of an invoice, and what its link is called. */
export const KINDS: readonly ReminderKind[] = ['due_soon', 'overdue', 'mandate_on_hold', 'card_expires'];

/**
 * The words of reminders in the languages of the pay page, each on a line. `{name}` is the customer, `{merchant}` who bills, `{amount}` all that
 * is open, `{month}` when the card expires; in the line of an invoice `{n}` is its number, `{d}` its due date, `{a}` its amount.
 */
export const REMINDER_TEXTS: Readonly<Record<string, string>> = {
	en: `Due soon: {amount}
Hello {name}, this will be due soon. You can pay by the link at any time.
Overdue: {amount}
Hello {name}, we have not received this payment yet. Please pay by the link. If you have paid in the last few days, there is nothing to do.
We could not charge you {amount}
Hello {name}, your means of payment could not be charged, so this is still open. Please pay by the link.
Your card expires soon
Hello {name}, the card that we charge for you expires at the end of {month}, before the next payment. Please give us another one by this link, which works for 24 hours:
Invoice {n}, due on {d}: {a}
Pay`,
	de: `Bald fällig: {amount}
Guten Tag {name}, dies wird bald fällig. Über den Link können Sie jederzeit bezahlen.
Überfällig: {amount}
Guten Tag {name}, diese Zahlung ist noch nicht bei uns eingegangen. Bitte bezahlen Sie über den Link. Haben Sie in den letzten Tagen bezahlt, ist nichts zu tun.
{amount} konnten nicht abgebucht werden
Guten Tag {name}, Ihr Zahlungsmittel konnte nicht belastet werden, deshalb ist dies noch offen. Bitte bezahlen Sie über den Link.
Ihre Karte läuft bald ab
Guten Tag {name}, die Karte, von der wir abbuchen, läuft Ende {month} ab, vor der nächsten Zahlung. Bitte geben Sie uns eine andere über diesen Link, der 24 Stunden gilt:
Rechnung {n}, fällig am {d}: {a}
Bezahlen`,
	fr: `Bientôt à payer : {amount}
Bonjour {name}, ce montant sera bientôt à payer. Le lien vous permet de payer à tout moment.
En retard : {amount}
Bonjour {name}, nous n’avons pas encore reçu ce paiement. Merci de payer par le lien. Si vous avez payé ces derniers jours, il n’y a rien à faire.
{amount} n’ont pas pu être prélevés
Bonjour {name}, votre moyen de paiement n’a pas pu être débité, ce montant reste donc ouvert. Merci de payer par le lien.
Votre carte expire bientôt
Bonjour {name}, la carte que nous débitons expire fin {month}, avant le prochain paiement. Merci d’en indiquer une autre par ce lien, valable 24 heures :
Facture {n}, à payer le {d} : {a}
Payer`,
	es: `Vence pronto: {amount}
Hola, {name}: este importe vence pronto. Puede pagar con el enlace en cualquier momento.
Vencido: {amount}
Hola, {name}: aún no hemos recibido este pago. Pague con el enlace, por favor. Si ha pagado en los últimos días, no tiene que hacer nada.
No se han podido cobrar {amount}
Hola, {name}: no se ha podido cobrar con su medio de pago, por lo que este importe sigue pendiente. Pague con el enlace, por favor.
Su tarjeta caduca pronto
Hola, {name}: la tarjeta a la que cobramos caduca a finales de {month}, antes del próximo pago. Indíquenos otra con este enlace, válido durante 24 horas:
Factura {n}, vence el {d}: {a}
Pagar`,
	pt: `Vence em breve: {amount}
Olá {name}, este valor vence em breve. Pode pagar pelo link a qualquer momento.
Em atraso: {amount}
Olá {name}, ainda não recebemos este pagamento. Por favor, pague pelo link. Se pagou nos últimos dias, não é preciso fazer nada.
Não foi possível cobrar {amount}
Olá {name}, não foi possível cobrar do seu meio de pagamento, por isso este valor continua em aberto. Por favor, pague pelo link.
O seu cartão expira em breve
Olá {name}, o cartão que cobramos expira no fim de {month}, antes do próximo pagamento. Por favor, indique outro por este link, válido por 24 horas:
Fatura {n}, vence em {d}: {a}
Pagar`,
	it: `In scadenza: {amount}
Buongiorno {name}, questo importo scade a breve. Può pagare con il link in qualsiasi momento.
Scaduto: {amount}
Buongiorno {name}, non abbiamo ancora ricevuto questo pagamento. La preghiamo di pagare con il link. Se ha pagato negli ultimi giorni, non deve fare nulla.
Non è stato possibile addebitare {amount}
Buongiorno {name}, il Suo mezzo di pagamento non ha potuto essere addebitato, perciò questo importo è ancora aperto. La preghiamo di pagare con il link.
La Sua carta scade a breve
Buongiorno {name}, la carta su cui addebitiamo scade a fine {month}, prima del prossimo pagamento. La preghiamo di indicarne un’altra con questo link, valido 24 ore:
Fattura {n}, scadenza {d}: {a}
Paga`,
	nl: `Binnenkort te betalen: {amount}
Hallo {name}, dit moet binnenkort worden betaald. Via de link kunt u altijd betalen.
Te laat: {amount}
Hallo {name}, wij hebben deze betaling nog niet ontvangen. Betaal via de link. Heeft u de afgelopen dagen betaald, dan hoeft u niets te doen.
{amount} kon niet worden geïncasseerd
Hallo {name}, uw betaalmiddel kon niet worden belast, daarom staat dit nog open. Betaal via de link.
Uw kaart verloopt binnenkort
Hallo {name}, de kaart die wij belasten verloopt eind {month}, vóór de volgende betaling. Geef ons een andere via deze link, die 24 uur geldig is:
Factuur {n}, te betalen op {d}: {a}
Betalen`,
	pl: `Wkrótce termin płatności: {amount}
Dzień dobry {name}, wkrótce mija termin tej płatności. Przez link można zapłacić w każdej chwili.
Po terminie: {amount}
Dzień dobry {name}, nie otrzymaliśmy jeszcze tej płatności. Prosimy zapłacić przez link. Jeśli płatność została wykonana w ostatnich dniach, nic nie trzeba robić.
Nie udało się pobrać {amount}
Dzień dobry {name}, nie udało się obciążyć Państwa środka płatniczego, dlatego ta kwota jest nadal otwarta. Prosimy zapłacić przez link.
Karta wkrótce straci ważność
Dzień dobry {name}, karta, którą obciążamy, traci ważność z końcem: {month}, przed następną płatnością. Prosimy podać inną przez ten link, ważny 24 godziny:
Faktura {n}, termin {d}: {a}
Zapłać`,
	ja: `まもなくお支払い期限です：{amount}
{name} 様　まもなくお支払い期限となります。リンクからいつでもお支払いいただけます。
お支払い期限を過ぎています：{amount}
{name} 様　お支払いをまだ確認できておりません。リンクからお支払いください。ここ数日でお支払い済みの場合は、お手続きは不要です。
{amount} を請求できませんでした
{name} 様　ご登録のお支払い方法に請求できなかったため、未払いとなっております。リンクからお支払いください。
カードの有効期限が近づいています
{name} 様　ご登録のカードは次回のお支払いより前、{month}末に期限が切れます。24時間有効な次のリンクから別のカードをご登録ください：
請求書 {n}（お支払い期限 {d}）：{a}
支払う`,
};
