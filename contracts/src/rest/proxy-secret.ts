/** The header by which the dashboard's server proves to the gateway that it is the one that says whom it calls for. */
export const proxySecretHeader = 'x-proxy-secret';
