// Leaves out the lines that the TypeScript compiler wrote: they are no code of ours, and no test can speak of them.
// A plugin without the API's package, which is a dependency of Stryker's and not of this folder.
const COMPILER_VARIABLE =
  /^__(createBinding|setModuleDefault|importStar|importDefault|exportStar)$/;

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'compiler-lines',
    value: {
      shouldIgnore: ({ node }) =>
        isModuleMark(node) || isCompilerVariable(node)
          ? 'written by the TypeScript compiler'
          : undefined,
    },
  },
];

/** `Object.defineProperty(exports, "__esModule", …)` */
function isModuleMark({ type, expression }) {
  if (type !== 'ExpressionStatement' || expression.type !== 'CallExpression') return false;
  const [target, property] = expression.arguments;
  return target?.name === 'exports' && property?.value === '__esModule';
}

/** `var __importStar = …`, which reads a CommonJS module the way `import * as` means it. */
function isCompilerVariable({ type, declarations }) {
  return type === 'VariableDeclaration' && COMPILER_VARIABLE.test(declarations[0]?.id.name ?? '');
}
