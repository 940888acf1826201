import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

/** What both services hold, by the names of their lists, newest first. */
export interface MonthLists {
	dodo: Record<string, IDataObject[]>;
	lago: Record<string, IDataObject[]>;
	/** Of all wallets, oldest first. */
	ledger: readonly IDataObject[];
	/** By payment. */
	lines: ReadonlyMap<string, IDataObject>;
}

/** How both services answer a call that reads. */
export function answerOf(
	held: MonthLists,
	{ url, qs = {} }: IHttpRequestOptions,
): { statusCode: number; body: IDataObject } {
	const { host, pathname } = new URL(url);
	const [, name = '', id, part] = pathname.replace('/api/v1', '').split('/');
	const body = host.startsWith('lago') ? ofLago(held, name, id, qs) : ofDodo(held, name, id, part, qs);
	return body === undefined
		? { statusCode: 404, body: { status: 404, error: 'Not Found', code: `${name.slice(0, -1)}_not_found` } }
		: { statusCode: 200, body };
}

function ofDodo(
	{ dodo, ledger, lines }: MonthLists,
	name: string,
	id: string | undefined,
	part: string | undefined,
	qs: IDataObject,
): IDataObject | undefined {
	if (name === 'balances') return pageOf(ledger.toReversed(), qs);
	if (part === 'line-items') return lines.get(id ?? '');
	const list = dodo[name] ?? [];
	return id === undefined ? pageOf(list, qs) : list.find((one) => one[`${name.slice(0, -1)}_id`] === id);
}

function ofLago({ lago }: MonthLists, name: string, id: string | undefined, qs: IDataObject): IDataObject | undefined {
	const list = lago[name] ?? [];
	if (id !== undefined) {
		const invoice = list.find(({ lago_id }) => lago_id === id);
		return invoice && { invoice };
	}
	const wanted =
		qs.payment_dispute_lost === undefined ? list : list.filter((one) => one.payment_dispute_lost_at !== null);
	const [page, size] = [Number(qs.page), Number(qs.per_page)];
	return { [name]: wanted.slice((page - 1) * size, page * size) };
}

function pageOf(newestFirst: IDataObject[], qs: IDataObject): IDataObject {
	const size = Number(qs.page_size ?? 10);
	const first = Number(qs.page_number ?? 0) * size;
	const matching = newestFirst.filter(
		(one) =>
			(qs.created_at_gte === undefined ||
				Date.parse(String(one.created_at)) >= Date.parse(String(qs.created_at_gte))) &&
			(qs.created_at_lte === undefined ||
				Date.parse(String(one.created_at)) <= Date.parse(String(qs.created_at_lte))) &&
			(qs.reference_object_id === undefined || one.reference_object_id === qs.reference_object_id) &&
			(qs.event_type === undefined || one.event_type === qs.event_type),
	);
	return { items: matching.slice(first, first + size) };
}
