import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import icons from 'unplugin-icons/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  server: { port: 3003 },
  plugins: [
    tailwindcss(),
    icons({ compiler: 'svelte' }),
    sveltekit({
      adapter: adapter(),
      csp: {
        mode: 'nonce',
        directives: {
          'default-src': ['self'],
          'script-src': ['self'],
          'style-src': ['self'],
          // Floating menus and toasts place themselves with style attributes.
          'style-src-attr': ['unsafe-inline'],
          'img-src': ['self', 'data:'],
          // hooks.server.ts adds the gateway's socket, which is known only when a request comes in.
          'connect-src': ['self'],
          'object-src': ['none'],
          'base-uri': ['none'],
          'form-action': ['self'],
          'frame-ancestors': ['none'],
        },
      },
      // SvelteKit's own check takes every plain-http request for https and so would refuse each form on a LAN address.
      // hooks.server.ts checks all mutations instead, of every content type.
      csrf: { trustedOrigins: ['*'] },
    }),
  ],
});
