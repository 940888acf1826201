import { readBaseUrl } from '../../../nodes/shared/domain/baseUrl';

it.each([
	['https://api.getlago.com', 'https://api.getlago.com'],
	[' https://api.getlago.com\n', 'https://api.getlago.com'],
	['https://Lago.Example:443/', 'https://lago.example'],
	['HTTP://lago.example:3000', 'http://lago.example:3000'],
	['https://example.com/lago//', 'https://example.com/lago'],
])('%j is the base URL %s', (typed, url) => expect(readBaseUrl(typed)).toEqual({ url }));

it.each([
	['', 'is empty'],
	['  ', 'is empty'],
	['https://lago.example/my lago', 'has a blank in it'],
	['lago.example', 'does not begin with https:// or http://'],
	['ftp://lago.example', 'does not begin with https:// or http://'],
	['see:https://lago.example', 'does not begin with https:// or http://'],
	['https://', 'is not an address'],
	['https://lago.example?a=1', 'goes on after the path; it must end before the first "?" or "#"'],
	['https://lago.example#a', 'goes on after the path; it must end before the first "?" or "#"'],
	['https://me@lago.example', 'has a user name in it; the API key is all that is needed'],
])('%j is none: it %s', (typed, problem) => expect(readBaseUrl(typed)).toEqual({ problem }));
