import cluster from 'node:cluster';

/** The variable by which the primary tells a process its number; nobody else sets it. */
export const numberVariable = 'GATEWAY_PROCESS_NUMBER';

/** How logs and metrics name a process: `primary`, `1`, `2`, …; without a name where a gateway is one process. */
export const ownProcess = (processes: number): { process?: string } => {
  if (processes === 1) return {};
  return { process: cluster.isPrimary ? 'primary' : (process.env[numberVariable] ?? '') };
};
