/** `payment.on_hold` -> `Payment On Hold`, for lists in the editor. */
export function titleOf(name: string): string {
	return name
		.split(/[._]/)
		.map((word) =>
			word === 'vies' || word === 'crm' ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1),
		)
		.join(' ');
}
