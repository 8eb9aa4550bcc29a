// Run by npm after `npm ci`: builds, so that `npx drainspotter` works in the checkout.
import { build, packageBin } from './setup.mjs';

let viteIsThere = true;
try {
  packageBin('vite', 'vite');
} catch {
  viteIsThere = false;
}
if (viteIsThere) build();
else console.error('Not building: the development packages are not installed.');
