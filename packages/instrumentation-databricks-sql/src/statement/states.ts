import type { StatementState } from '../semconv';

/** A state before the end. */
export type Phase = 'PENDING' | 'RUNNING';

/** `TOperationState`: the terminal ones. */
const TERMINAL_STATES: ReadonlyMap<number, StatementState> = new Map([
  [2, 'FINISHED'],
  [3, 'CANCELED'],
  [4, 'CLOSED'],
  [5, 'ERROR'],
  [6, 'UNKNOWN'],
  [8, 'TIMEDOUT'],
]);
/** `TOperationState`: those before the end. A statement that is initialized waits as a pending one does. */
const PHASES: ReadonlyMap<number, Phase> = new Map<number, Phase>([
  [0, 'PENDING'],
  [1, 'RUNNING'],
  [7, 'PENDING'],
]);
/** The state by `OperationStateError.errorCode`, for when the state itself was not seen. */
const STATE_OF_ERROR_CODE: ReadonlyMap<unknown, StatementState> = new Map([
  ['CANCELED', 'CANCELED'],
  ['CLOSED', 'CLOSED'],
  ['ERROR', 'ERROR'],
  ['TIMEOUT', 'TIMEDOUT'],
  ['UNKNOWN', 'UNKNOWN'],
]);

export function terminalState(
  operationState: number | null | undefined,
): StatementState | undefined {
  return TERMINAL_STATES.get(operationState ?? -1);
}

export function phaseOf(operationState: number | null | undefined): Phase | undefined {
  return PHASES.get(operationState ?? -1);
}

export function stateOfErrorCode(errorCode: string | undefined): StatementState | undefined {
  return STATE_OF_ERROR_CODE.get(errorCode);
}

/** The `errorCode` with which the driver reports a state. */
export function errorCodeOf(state: StatementState): string {
  return state === 'TIMEDOUT' ? 'TIMEOUT' : state;
}
