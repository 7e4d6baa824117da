// Swagger UI, without what it would load from elsewhere or keep in the browser.
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
