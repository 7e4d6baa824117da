import { config } from 'zod';

// zod would otherwise try to compile its parsers, which the content security policy forbids and reports.
config({ jitless: true });
