import { describeDrivers } from './support/describe-drivers.js';
import { type Driver, programFile } from './support/driver.js';

/** The distribution's own Python: its packages are for no other. */
const PYTHON = '/usr/bin/python3';

const ofPackage = (name: string, module: string, needs: string): Driver => ({
  name,
  command: [PYTHON, programFile(name, 'main.py')],
  probe: [PYTHON, '-c', `import ${module}`],
  needs: `apt-get install ${needs}`,
  isInCi: true,
  environment: { PYTHONDONTWRITEBYTECODE: '1' },
});

describeDrivers('drivers and ORMs of Python', [
  ofPackage('pymysql', 'pymysql', 'python3-pymysql'),
  ofPackage('mysqlclient', 'MySQLdb', 'python3-mysqldb'),
  ofPackage('sqlalchemy', 'sqlalchemy, pymysql', 'python3-sqlalchemy python3-pymysql'),
  ofPackage('django', 'django, MySQLdb', 'python3-django python3-mysqldb'),
]);
