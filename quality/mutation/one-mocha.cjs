// Tests that import mocha's functions have to get those of the mocha that runs them.
'use strict';

const Module = require('node:module');

const own = require.resolve('mocha');
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolve(request, ...rest) {
  return request === 'mocha' ? own : resolveFilename.call(this, request, ...rest);
};
