// One package at a time: `npm run mutate -- <package folder> [glob of build/src]`.
const {
  MUTATED_FILES = 'build/src/**/*.js',
  MUTATION_TESTS = 'build/test/**/*.test.js',
  MUTATION_REPORT = 'mutation.json',
} = process.env;

export default {
  plugins: ['@stryker-mutator/mocha-runner'],
  testRunner: 'mocha',
  mochaOptions: { 'no-config': true, 'no-package': true, spec: MUTATION_TESTS.split(',') },
  coverageAnalysis: 'perTest',
  mutate: MUTATED_FILES.split(','),
  ignorePatterns: ['**/*.tsbuildinfo', '/src', '/test', '/tsconfig.json'],
  disableTypeChecks: false,
  concurrency: 1,
  reporters: ['json', 'clear-text'],
  jsonReporter: { fileName: MUTATION_REPORT },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  timeoutMS: 10000,
};
