/** What there is to say, in the order in which each language says it. By number, because the package is small that way. */
export enum Text {
	Forged,
	Unavailable,
	UnderWay,
	TryAgain,
	Paid,
	Voided,
	NotHere,
	NothingDue,
	Ask,
	AllDue,
	Pay,
	PayOnly,
	PayAll,
}

/** The words of the pay page by language, each on a line; the first language is for everybody else. `{n}` is the number of the invoice, or what is to be paid. */
export const PAY_PAGE_TEXTS: Readonly<Record<string, string>> = {
	en: `This link is not valid
This invoice cannot be paid right now
A payment may be under way.
Please try again in a moment
Invoice {n} is paid
Invoice {n} was cancelled
Invoice {n} cannot be paid here
There is nothing to pay.
Please ask whoever sent you the link.
Everything that is due
Pay {n}
Pay only this invoice: {n}
Pay everything that is due: {n}`,
	de: `Dieser Link ist ungültig
Diese Rechnung kann gerade nicht bezahlt werden
Vielleicht läuft schon eine Zahlung.
Bitte gleich noch einmal versuchen
Rechnung {n} ist bezahlt
Rechnung {n} ist storniert
Rechnung {n} kann hier nicht bezahlt werden
Es ist nichts zu zahlen.
Bitte fragen Sie den Absender.
Alles, was fällig ist
{n} bezahlen
Nur diese Rechnung bezahlen: {n}
Alles bezahlen, was fällig ist: {n}`,
	fr: `Ce lien n’est pas valable
Cette facture ne peut pas être payée pour le moment
Un paiement est peut-être en cours.
Réessayez dans un instant
La facture {n} est payée
La facture {n} est annulée
La facture {n} ne peut pas être payée ici
Il n’y a rien à payer.
Adressez-vous à l’expéditeur.
Tout ce qui est dû
Payer {n}
Payer seulement cette facture : {n}
Payer tout ce qui est dû : {n}`,
	es: `Este enlace no es válido
Esta factura no se puede pagar ahora
Quizá haya un pago en curso.
Inténtelo más tarde
La factura {n} está pagada
La factura {n} está anulada
La factura {n} no se puede pagar aquí
No hay nada que pagar.
Consulte al remitente.
Todo lo pendiente
Pagar {n}
Pagar solo esta factura: {n}
Pagar todo lo pendiente: {n}`,
	pt: `Este link não é válido
Esta fatura não pode ser paga agora
Talvez haja um pagamento em curso.
Tente de novo em instantes
A fatura {n} está paga
A fatura {n} está cancelada
A fatura {n} não pode ser paga aqui
Não há nada a pagar.
Consulte o remetente.
Tudo o que está em aberto
Pagar {n}
Pagar só esta fatura: {n}
Pagar tudo o que está em aberto: {n}`,
	it: `Questo link non è valido
Questa fattura non può essere pagata ora
Forse un pagamento è in corso.
Riprovi tra un momento
La fattura {n} è pagata
La fattura {n} è annullata
La fattura {n} non può essere pagata qui
Non c’è nulla da pagare.
Chieda al mittente.
Tutto ciò che è dovuto
Paga {n}
Paga solo questa fattura: {n}
Paga tutto ciò che è dovuto: {n}`,
	nl: `Deze link is niet geldig
Deze factuur kan nu niet worden betaald
Misschien loopt er al een betaling.
Probeer het zo opnieuw
Factuur {n} is betaald
Factuur {n} is geannuleerd
Factuur {n} kan hier niet worden betaald
Er is niets te betalen.
Vraag het de afzender.
Alles wat openstaat
{n} betalen
Alleen deze factuur betalen: {n}
Alles betalen wat openstaat: {n}`,
	pl: `Ten link jest nieprawidłowy
Tej faktury nie można teraz opłacić
Być może płatność jest w toku.
Spróbuj ponownie za chwilę
Faktura {n} jest opłacona
Faktura {n} jest anulowana
Faktury {n} nie można tutaj opłacić
Nie ma nic do zapłaty.
Proszę zapytać nadawcę.
Wszystko do zapłaty
Zapłać {n}
Zapłać tylko tę fakturę: {n}
Zapłać wszystko, co jest do zapłaty: {n}`,
	ja: `このリンクは無効です
この請求書は現在お支払いいただけません
お支払いの処理中の可能性があります。
後でもう一度お試しください
請求書 {n} は支払い済みです
請求書 {n} は取り消されました
請求書 {n} はここではお支払いいただけません
お支払いの必要はありません。
送信者にお問い合わせください。
お支払いが必要なすべての請求
{n} を支払う
この請求書のみを支払う：{n}
すべての請求を支払う：{n}`,
};
