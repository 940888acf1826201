import { Refusal } from '../shared/api';

/** How Lago refuses (`lago-api:app/controllers/concerns/api_errors.rb`). */
export function notFound(resource: string): never {
	throw new Refusal(404, { status: 404, error: 'Not Found', code: `${resource}_not_found` });
}

export function forbidden(code = 'feature_unavailable'): never {
	throw new Refusal(403, { status: 403, error: 'Forbidden', code });
}

export function notAllowed(code: string): never {
	throw new Refusal(405, { status: 405, error: 'Method Not Allowed', code });
}

export function invalid(error_details: Record<string, string[] | Record<string, string[]>>): never {
	throw new Refusal(422, { status: 422, error: 'Unprocessable Entity', code: 'validation_errors', error_details });
}

/** Rails did not find the object under its root key. */
export function missingParam(key: string): never {
	throw new Refusal(400, {
		status: 400,
		error: `BadRequest: param is missing or the value is empty or invalid: ${key}`,
	});
}

/** Lago did not expect this input. */
export function serverError(): never {
	throw new Refusal(500, { status: 500, error: 'Internal Server Error' });
}
