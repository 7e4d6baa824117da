import { config } from 'zod';

// Without this, zod tries to compile its parsers by `eval`, which the content security policy forbids and reports.
config({ jitless: true });
