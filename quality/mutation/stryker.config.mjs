// Read by scripts/mutate.mjs, which says what is mutated and which tests are to notice.
const { MUTATED_FILES = '', MUTATION_TESTS = '', MUTATION_REPORT = 'mutation.json' } = process.env;

export default {
  plugins: [
    '@stryker-mutator/mocha-runner',
    new URL('compiler-lines.mjs', import.meta.url).pathname,
  ],
  ignorers: ['compiler-lines'],
  testRunner: 'mocha',
  mochaOptions: {
    'no-config': true,
    'no-package': true,
    require: [new URL('one-mocha.cjs', import.meta.url).pathname],
    spec: [new URL('load-mutated.cjs', import.meta.url).pathname, ...MUTATION_TESTS.split(',')],
  },
  coverageAnalysis: 'perTest',
  mutate: MUTATED_FILES.split(','),
  // Without the TypeScript configuration: Stryker would read it by the JS API that TypeScript 7 has not.
  ignorePatterns: ['**/*.tsbuildinfo', '/src', '/test', '/tsconfig.json'],
  disableTypeChecks: false,
  concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 2),
  reporters: ['json', 'clear-text', 'progress-append-only'],
  jsonReporter: { fileName: MUTATION_REPORT },
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 85, break: 85 },
  // As deep below the root as the package: tests read files of the repository by relative paths.
  tempDirName: '../../.stryker-tmp',
  cleanTempDir: 'always',
  timeoutMS: Number(process.env.MUTATION_TIMEOUT_MS ?? 20_000),
};
