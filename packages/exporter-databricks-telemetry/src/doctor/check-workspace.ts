import { findPackage } from './project';
import { featureFlagPath, readFlag } from '../delivery/feature-flags';
import { parseHost } from '../delivery/host';
import type { Host } from '../delivery/host';
import { judge } from '../delivery/response';
import type { Verdict } from '../delivery/response';
import { send } from '../delivery/transport';
import { authenticatedUserAgent } from '../frontend-log/user-agent';
import { note, ok, problem } from './finding';
import { meaningOf, shownWord } from './meaning';
import type { Finding } from './finding';

const REQUEST_TIMEOUT_MS = 10_000;

/** The workspace to check. */
export interface Workspace {
  readonly host: string;
  readonly port: number | undefined;
  readonly token: string | undefined;
  readonly allowPrivateHosts: boolean;
}

function checkHost({ host, port, allowPrivateHosts }: Workspace): Host | Finding {
  const verdict = parseHost(host, port, allowPrivateHosts);
  if (!('refused' in verdict)) return verdict;
  return verdict.refused === 'malformed'
    ? problem('the host is malformed', 'write the bare name, such as adb-1.2.azuredatabricks.net')
    : problem(
        'the host is not a public name',
        'telemetry is not sent there; --allow-private-hosts, and allowPrivateHosts on the exporter, if it is right',
      );
}

function flagFinding(verdict: Verdict): Finding {
  if (verdict.kind === 'ok') {
    return readFlag(verdict.body).isEnabled
      ? ok('the workspace has telemetry enabled (its feature flag is on)')
      : note(
          'the workspace has telemetry disabled (its feature flag is off)',
          'nothing is posted; only Databricks can enable it',
        );
  }
  const { error } = verdict;
  const { meaning, advice } = meaningOf(error);
  if (verdict.kind === 'credentials') {
    return problem(`the workspace refused the token (${shownWord(error)}): ${meaning}`, advice);
  }
  if (verdict.kind === 'terminal' && verdict.isAnswer) {
    return problem(
      `the host has no feature flag for telemetry (${shownWord(error)}), which counts as off`,
      advice,
    );
  }
  return /^\d{3}$/.test(error)
    ? problem(`the workspace answered ${shownWord(error)}: ${meaning}`, advice)
    : problem(`the workspace did not answer (${error}): ${meaning}`, advice);
}

/** Checks whether telemetry may be sent to the host, and whether the workspace has telemetry enabled. */
export async function checkWorkspace(workspace: Workspace, folder: string): Promise<Finding[]> {
  const host = checkHost(workspace);
  if ('level' in host) return [host];
  const findings = [ok(`telemetry would go to ${host.key}`)];
  if (workspace.token === undefined) {
    return [
      ...findings,
      note('no token was given', 'DATABRICKS_TOKEN lets the doctor ask the workspace'),
    ];
  }
  const version = findPackage('@databricks/sql', folder)?.version ?? '';
  const outcome = await send(
    { hostname: host.hostname, port: host.port, agent: undefined },
    {
      method: 'GET',
      path: featureFlagPath(version),
      headers: {
        Authorization: `Bearer ${workspace.token}`,
        'User-Agent': authenticatedUserAgent(undefined, version),
      },
    },
    REQUEST_TIMEOUT_MS,
    new AbortController().signal,
  );
  return [...findings, flagFinding(judge(outcome, Date.now()))];
}
