/** With a real n8n the time that something takes is the machine's; a test fails by itself only when it hangs. */
jest.setTimeout(600_000);
