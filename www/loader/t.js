// The script of the tag. The wasm is in it: one request until a variant can be shown (docs/loader.md has the figures).

import { begin } from 'tributary-begin';

const given = self.__tributary;
delete self.__tributary;
const { currentScript: tag } = document;
// `import()` and no element: it is held to the policy's script-src as this script is, and to nothing else.
begin(given, tag, (file) => import(new URL(`sdk/${TRIBUTARY_BUILD}/${file}.js`, tag.src)));
