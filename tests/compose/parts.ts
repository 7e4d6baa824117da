export interface Part {
  /** The fixed name of its container; null where that would prevent scaling. */
  name: string | null;
  /** Where the development file publishes it, unless told otherwise. */
  published: string | null;
}

/** The services of both compose files. */
export const parts: Record<string, Part> = {
  postgres: { name: 'postgres_db', published: '127.0.0.1:15432' },
  redis: { name: 'redis_cache', published: '127.0.0.1:6379' },
  kafka: { name: 'kafka_broker', published: '127.0.0.1:9092' },
  'users-service': { name: 'users_service', published: '127.0.0.1:3002' },
  'orders-service': { name: null, published: null },
  bridge: { name: 'event_bridge', published: null },
  gateway: { name: 'api_gateway', published: '3000' },
  frontend: { name: 'frontend_app', published: '3003' },
};
