import { errorCatalogue } from '@live-orders/contracts/rest/errors.ts';

const rows = Object.entries(errorCatalogue)
  .map(
    ([code, { status, title }]) =>
      `<tr id="${code}"><td>${status}</td><td><code>${code}</code></td><td>${title}</td></tr>`,
  )
  .join('\n');

/**
 * The page around Swagger UI: links to the documents, and the catalogue of errors. Links are relative, so that they hold
 * behind a proxy that serves the gateway below a path.
 */
export const renderPage = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Live Order Monitoring</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/page.css">
</head>
<body>
<header>
<a class="name" href="docs">Live Order Monitoring <span>API</span></a>
<nav aria-label="On this page">
<a href="#operations">Calls</a>
<a href="#errors">Error codes</a>
<a href="docs/openapi.json">OpenAPI: all</a>
<a href="users/api/openapi.json">users</a>
<a href="orders/api/openapi.json">orders</a>
<a href="docs/asyncapi.json">AsyncAPI: events and stream</a>
</nav>
</header>
<main>
<div id="operations"><p class="loading">Loading the document …</p></div>
<section id="errors" aria-labelledby="errors-heading">
<h2 id="errors-heading">Error codes</h2>
<p>Every error is a problem document (RFC 9457, <code>application/problem+json</code>). Decide by <code>code</code>: title and
detail are for people.</p>
<div class="scroll">
<table>
<thead><tr><th>Status</th><th>Code</th><th>Meaning</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>
</div>
</section>
</main>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/page.js"></script>
</body>
</html>
`;
