import type { Fault } from '../fault.js';
import { accountFaults } from './account-faults.js';
import { brokenReplication } from './broken-replication.js';
import { connectionsUsedUp } from './connections-used-up.js';
import { networkFaults } from './network-faults.js';
import { processFaults } from './process-faults.js';

export const FAULTS: readonly Fault[] = [...processFaults, ...networkFaults, brokenReplication, connectionsUsedUp, ...accountFaults];
