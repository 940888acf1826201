import { REFUND_ID_KEY } from './keys';

/** What of a credit note may name a refund. */
interface Named {
	metadata?: Readonly<Record<string, string | null>> | null;
	description?: string | null;
}

/** How a credit note that mirrors a refund is described. On a Lago before 1.37, which drops the metadata of notes, by this alone it is known again. */
export function describeMirror(refundId: string): string {
	return `Refund ${refundId} at Dodo Payments`;
}

/** The refund at Dodo that a credit note mirrors, or that was made for it; null when it names none. */
export function refundNamedBy({ metadata, description }: Named): string | null {
	return metadata?.[REFUND_ID_KEY] || (/^Refund (\S+) at Dodo Payments$/.exec(description ?? '')?.[1] ?? null);
}
