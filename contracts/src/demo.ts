/**
 * The customers of the demo shop. Their ids are fixed, so that the users service and the orders service can seed
 * matching rows without asking each other.
 */
const names = [
  'Carla Customer',
  'Noor Haddad',
  'Mateo Rossi',
  'Ingrid Solberg',
  'Kwame Mensah',
  'Yuki Tanaka',
  'Lucía Fernández',
  'Tomasz Zieliński',
  'Amara Okafor',
  'Jonas Weber',
  'Priya Raman',
  'Chloé Dubois',
  'Elif Yılmaz',
];

const address = (name: string): string =>
  name.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ı', 'i').toLowerCase().replaceAll(' ', '.');

export const demoCustomers = names.map((name, index) => ({
  id: `01920000-0000-7000-8000-0000000001${String(index).padStart(2, '0')}`,
  name,
  email: index === 0 ? 'customer@example.com' : `${address(name)}@example.com`,
}));

/** The password of every demo account. */
export const demoPassword = 'password123';

/** The demo shop's team. */
export const demoTeam = [
  { id: '01920000-0000-7000-8000-000000000001', email: 'admin@example.com', name: 'Ada Admin', role: 'admin' },
  { id: '01920000-0000-7000-8000-000000000002', email: 'staff@example.com', name: 'Sam Staff', role: 'staff' },
] as const;

/** Numbers in [0, 1) that are the same for the same seed (mulberry32), so that a demo or a failed run can be repeated. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};
