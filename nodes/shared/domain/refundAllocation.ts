export interface CreditableFee { id: string; amount: number; credited: number; taxesRate: number; couponsAmount: number }
export interface Allocation { items: Array<{ feeId: string; amount: number }>; expectedRefund: number }
export function allocateRefund(refund: number, fees: readonly CreditableFee[]): Allocation | null {
	let left = refund; const items: Allocation['items'] = [];
	for (const fee of fees) { const f = (1 - fee.couponsAmount / fee.amount) * (1 + fee.taxesRate / 100); const rest = fee.amount - fee.credited; const take = rest * f <= left ? rest : Math.round(left / f); if (take > 0) items.push({ feeId: fee.id, amount: take }); left -= take * f; if (left < 0.5) break; }
	return { items, expectedRefund: refund };
}
