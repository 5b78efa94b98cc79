import './setup.mjs';
import './esm.mjs';
