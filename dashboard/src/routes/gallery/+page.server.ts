import { NODE_ENV } from '$app/env/private';
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

/** For developers and tests. The images have no file of it, and whoever runs production without them is refused it, too. */
export const load: PageServerLoad = () => {
  if (NODE_ENV === 'production') error(404);
};
