// n8n-core creates ~/.n8n on import unless it is told where to live.
const { tmpdir } = require('node:os');
const { join } = require('node:path');

process.env.N8N_ENCRYPTION_KEY ??= 'test-only-key';
process.env.N8N_USER_FOLDER ??= join(tmpdir(), 'n8n-nodes-dodo-lago-test');
