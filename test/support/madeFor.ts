import { paymentProof } from '../../nodes/Lago/transport/derivedKey';

/** Metadata of the payments of a checkout that was made for an invoice. */
export function madeFor({ hmacKey }: { hmacKey: string }, { lago_id }: { lago_id: string }): Record<string, string> {
	return { lago_invoice_id: lago_id, lago_proof: paymentProof(hmacKey, lago_id) };
}
