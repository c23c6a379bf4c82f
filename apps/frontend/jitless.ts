import * as z from 'zod';

// Without this, zod tests if `new Function` is allowed, which a strict policy refuses and reports.
// It must be set before the first schema is created, so main.tsx imports this file first.
z.config({ jitless: true });
