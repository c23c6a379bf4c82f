import * as z from 'zod';

// Else zod tries whether `new Function` is allowed, which a strict policy refuses and reports. It must be set before
// the first schema is made, so main.tsx imports this file first.
z.config({ jitless: true });
