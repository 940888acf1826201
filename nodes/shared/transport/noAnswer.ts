import type { Service } from './apiError';

/** Why no answer came, as the end of a sentence, and what to do about it. */
interface NoAnswer {
	why: string;
	next: string;
}

const ADDRESS = 'Check the spelling of the base URL in the credential';
const TIME: NoAnswer = {
	why: 'it took too long',
	next: 'Check that the service is up and that no firewall stands between it and n8n',
};
const BROKEN: NoAnswer = {
	why: 'the connection broke',
	next: 'Try again. When it stays so, look at the proxy or firewall between n8n and the service',
};
const NOT_FOUND: NoAnswer = {
	why: 'the host name is unknown',
	next: `${ADDRESS}, and that the machine of n8n can look up names (DNS)`,
};
const NO_WAY: NoAnswer = {
	why: 'the host cannot be reached',
	next: 'Check the network, VPN or firewall between n8n and the service',
};
const UNKNOWN_ISSUER: NoAnswer = {
	why: 'nobody whom n8n knows vouches for its certificate',
	next: 'Use a certificate of a known authority, or give n8n the certificate of your own by NODE_EXTRA_CA_CERTS',
};
const NOT_TLS: NoAnswer = {
	why: 'it does not speak TLS on this port',
	next: 'Check the port, and whether the base URL must begin with http:// instead of https://',
};
const NOT_HTTP: NoAnswer = {
	why: 'what it said is not HTTP',
	next: 'Check the port, and whether the base URL must begin with https:// instead of http://',
};

/**
 * By the network's word. n8n replaces messages that contain one of these words by a stock text that names no service, so none is ever
 * said.
 */
const CAUSES: Readonly<Record<string, NoAnswer>> = {
	CERT_HAS_EXPIRED: {
		why: 'its certificate has expired',
		next: 'Renew the certificate; if it is new, check the clock of the machine of n8n',
	},
	DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_ISSUER,
	EAI_AGAIN: NOT_FOUND,
	ECONNABORTED: TIME,
	ECONNREFUSED: {
		why: 'nothing listens there',
		next: `Check host and port of the base URL in the credential, and that the service runs. From inside a container, localhost is the container itself`,
	},
	ECONNRESET: BROKEN,
	EHOSTUNREACH: NO_WAY,
	ENETUNREACH: NO_WAY,
	ENOTFOUND: NOT_FOUND,
	EPIPE: BROKEN,
	EPROTO: NOT_TLS,
	ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
	ERR_TLS_CERT_ALTNAME_INVALID: {
		why: 'its certificate belongs to another host name',
		next: 'Use the host name that stands in the certificate',
	},
	ETIMEDOUT: TIME,
	HPE_INVALID_CONSTANT: NOT_HTTP,
	SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_ISSUER,
	UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_ISSUER,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
};

const BLOCKED: NoAnswer = {
	why: 'this n8n does not allow calls to that address',
	next: 'Allow the host in the SSRF protection of n8n (N8N_SSRF_ALLOWED_HOSTNAMES)',
};
const UNKNOWN: NoAnswer = {
	why: 'no answer came',
	next: 'Check that the base URL in the credential is right and that n8n can reach it',
};

/** The network's word for why there is no answer, `NO_ANSWER` when it has none. */
export function networkCode(caught: unknown): string {
	const { cause, errorResponse } = (caught ?? {}) as { cause?: unknown; errorResponse?: unknown };
	for (const candidate of [caught, cause, errorResponse]) {
		const { code, name } = (candidate ?? {}) as { code?: unknown; name?: unknown };
		if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
		if (typeof name === 'string' && /^SsrfBlocked/.test(name)) return 'BLOCKED';
	}
	return 'NO_ANSWER';
}

/** The cause behind a code from {@link networkCode}. */
export function noAnswer(code: string | null): NoAnswer {
	return code === 'BLOCKED' ? BLOCKED : (CAUSES[code ?? ''] ?? UNKNOWN);
}

/** What happened and why, e.g. "Lago did not answer: nothing listens there". */
export function noAnswerHeadline(service: Service, code: string): string {
	return `${service} did not answer: ${noAnswer(code).why}`;
}
