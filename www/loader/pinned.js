// The script of a tag that names its version and its bytes (Subresource Integrity): /v/VERSION/t.js?site=KEY. The site's
// configuration, which changes, is fetched by itself.

import { begin } from 'tributary-begin';
import { configured } from './configured.js';
import { policy } from './policy.js';
import { verified } from './verified.js';

const { dataset, src } = document.currentScript;
const collector = new URL('../../', src).href;
const tag = { src, dataset: { collector, ...dataset } };
const load = (file) => verified(file, new URL(`${file}.js`, src).href, TRIBUTARY_INTEGRITY[file]);
load.policy = policy;
configured(tag.dataset.collector, new URL(src).searchParams.get('site')).then((given) => begin(given, tag, load));
