export interface Part {
  /** The fixed name of its container; null where that would prevent scaling. */
  name: string | null;
}

/** The services of both compose files. */
export const parts = {
  postgres: { name: 'postgres_db' },
  redis: { name: 'redis_cache' },
  kafka: { name: 'kafka_broker' },
  'users-service': { name: 'users_service' },
  'orders-service': { name: null },
  bridge: { name: 'event_bridge' },
  gateway: { name: 'api_gateway' },
  frontend: { name: 'frontend_app' },
} satisfies Record<string, Part>;
