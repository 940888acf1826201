import { z } from 'zod';
import { customerSchema, metadataEntrySchema } from './lago/objects';
import { onFirstUse } from './onFirstUse';

const minorUnits = z.number().int().positive();

/** What one payment is to ask for, on its way from a node of Lago to one of Dodo; oldest due first, amounts in minor units of `currency`. */
export const bundleSchema = onFirstUse(() =>
	z.object({
		customer: customerSchema.nullable(),
		/** The external id of the customer. */
		customerId: z.string().min(1),
		currency: z.string().min(1),
		billingEntity: z.string().nullable(),
		amount: minorUnits,
		invoices: z
			.array(
				z.object({
					id: z.string().uuid(),
					number: z.string(),
					dueOn: z.string(),
					amount: minorUnits,
					metadata: z.array(metadataEntrySchema),
				}),
			)
			.min(1),
		/** What shows that a checkout over exactly these shares was made by us; absent where there is no secret to make it of. */
		proof: z.string().optional(),
		/** Whose invoices they are; absent where Lago does not tell. */
		organizationId: z.string().optional(),
		/** The payment request of Lago that asks for it. */
		requestId: z.string().nullable(),
		/** When the invoices were read, ms since 1970. */
		readAt: z.number(),
	}),
);

export type Bundle = z.output<typeof bundleSchema>;
