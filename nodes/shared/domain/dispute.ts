/** The money is gone: by judgement, by giving in, or by letting the time pass. */
const LOST: readonly string[] = ['dispute_lost', 'dispute_accepted', 'dispute_expired'];
const WON: readonly string[] = ['dispute_won', 'dispute_cancelled'];

/** How a dispute ended, by Dodo's `dispute_status` (docs `api-reference/disputes`); null while it is open. */
export function endOf(status: string): 'lost' | 'won' | null {
	if (WON.includes(status)) return 'won';
	return LOST.includes(status) ? 'lost' : null;
}
