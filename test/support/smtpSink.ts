import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A mail as it came over the wire. */
export interface SunkMail {
	to: string[];
	/** Headers and body, as they were sent. */
	raw: string;
}

/** A mail server that keeps what it is given, on 127.0.0.1 only. */
export interface SmtpSink {
	port: number;
	/** What was taken, oldest first. */
	mails: SunkMail[];
	/** What it says to a mail: taken, refused for good, or nothing at all, ever. */
	answer: (mail: SunkMail) => 'refuse' | 'silence' | 'take';
	/** What it was silent to. */
	unanswered: SunkMail[];
	close(): Promise<void>;
}

/** The part of RFC 5321 that mail clients use: EHLO, MAIL, RCPT, DATA, RSET, QUIT. */
export async function startSmtpSink(): Promise<SmtpSink> {
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
		serve(socket, sink);
	});
	const sink: SmtpSink = {
		port: 0,
		mails: [],
		unanswered: [],
		answer: () => 'take',
		async close() {
			for (const socket of sockets) socket.destroy();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	sink.port = (server.address() as AddressInfo).port;
	return sink;
}

function serve(socket: Socket, sink: SmtpSink): void {
	let received = '';
	let mail: SunkMail = { to: [], raw: '' };
	let isData = false;
	const say = (line: string): void => void socket.write(`${line}\r\n`);
	const command = (line: string): void => {
		const [, address = ''] = /^RCPT TO:<([^>]*)>/i.exec(line) ?? [];
		if (address !== '') mail.to.push(address);
		if (/^(QUIT)/i.test(line)) socket.end('221 Bye\r\n');
		else if (/^DATA/i.test(line)) {
			isData = true;
			say('354 Go on');
		} else say(/^(EHLO|HELO|MAIL|RCPT|RSET|NOOP)/i.test(line) ? '250 Fine' : '502 What?');
	};
	const ended = (): void => {
		const verdict = sink.answer(mail);
		if (verdict === 'silence') sink.unanswered.push(mail);
		if (verdict === 'take') sink.mails.push(mail);
		if (verdict !== 'silence') say(verdict === 'take' ? '250 Taken' : '550 No such mailbox');
		mail = { to: [], raw: '' };
	};
	socket.setEncoding('utf8').on('data', (part) => {
		received += String(part);
		for (let end = received.indexOf('\r\n'); end !== -1; end = received.indexOf('\r\n')) {
			const line = received.slice(0, end);
			received = received.slice(end + 2);
			if (!isData) command(line);
			else if (line !== '.') mail.raw += `${line}\n`;
			else {
				isData = false;
				ended();
			}
		}
	});
	say('220 sink');
}
