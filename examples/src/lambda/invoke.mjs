// Stands for the Lambda runtime: two invocations of one warm process, which is then killed without a word.
import { handler } from './handler.mjs';

console.log(await handler());
console.log(await handler());
process.exit();
