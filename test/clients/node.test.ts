import { describeDrivers } from './support/describe-drivers.js';
import { type Driver, programFile } from './support/driver.js';

const ofRegistry = (name: string): Driver => ({
  name,
  command: [process.execPath, programFile(name, 'main.mjs')],
  probe: [process.execPath, '--input-type=module', '--eval', `await import('${name}')`],
  needs: 'npm ci',
  isInCi: true,
});

describeDrivers('drivers and ORMs of Node', ['mysql2', 'mariadb', 'knex', 'sequelize', 'typeorm'].map(ofRegistry));
