/** What a caller says of a change: by which key it is made once, and which version it is about. Whoever passes calls on passes these on. */
export const changeHeaders = ['idempotency-key', 'if-match'] as const;

/** Of calls of the dashboard's own server: the id of the user for whom the page was made. */
export const pageUserHeader = 'x-page-user';
