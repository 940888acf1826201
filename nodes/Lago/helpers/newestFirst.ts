import type { Answers } from '../../shared/domain/difference';
import type { PageReader } from '../../shared/transport/paging';

/** Of what one look keeps of invoices or of credit notes: after so many the next question starts anew. Some 60 MB of invoices. */
const MAX_ROWS = 200_000;

/**
 * A list of Lago that is read from its newest entry on, only as far as what is asked for lies back, and never twice: a look asks for the
 * oldest first, so its first question reads nearly all that the others need.
 */
export class NewestFirst<Entry extends Record<string, unknown>, Row> {
	private pages: PageReader<Entry> | null = null;
	private rows = new Map<string, Row>();
	private asked = new Set<string>();
	/** When the oldest of what was read was issued; ms. */
	private readBackTo = Infinity;

	/** @param rowOf what is kept of an entry, and under which id. */
	constructor(
		private readonly open: () => PageReader<Entry>,
		private readonly rowOf: (entry: Entry) => [string, Row],
	) {}

	/** @param since what is asked for was issued after it; seconds since 1970. */
	async answers(ids: readonly string[], since: number): Promise<Answers<Row>> {
		if (this.pages === null || this.rows.size >= MAX_ROWS) this.startAnew();
		const wanted = ids.filter((id) => id !== '');
		const open = new Set(wanted.filter((id) => !this.rows.has(id)));
		while (open.size > 0 && this.readBackTo >= since * 1000) {
			const page = await this.pages?.next();
			if (!page) break;
			for (const entry of page) this.keep(entry, open);
		}
		for (const id of wanted) this.asked.add(id);
		return { asked: this.asked, rows: this.rows };
	}

	private keep(entry: Entry, open: Set<string>): void {
		const [id, row] = this.rowOf(entry);
		if (open.delete(id) || this.rows.size < MAX_ROWS) this.rows.set(id, row);
		const issuedAt = Date.parse(String(entry.issuing_date));
		if (issuedAt < this.readBackTo) this.readBackTo = issuedAt;
	}

	private startAnew(): void {
		this.pages = this.open();
		this.rows = new Map();
		this.asked = new Set();
		this.readBackTo = Infinity;
	}
}
