// Swagger UI, told to load no validator from elsewhere and to keep no token in the browser.
globalThis.SwaggerUIBundle({
  url: 'docs/openapi.json',
  dom_id: '#operations',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  filter: true,
  validatorUrl: null,
  persistAuthorization: false,
});
