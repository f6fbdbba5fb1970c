import { describeDrivers } from './support/describe-drivers.js';
import { programFile } from './support/driver.js';

const CONNECTOR_J = '/usr/share/java/mariadb-java-client.jar';

// Compilers of these sizes are not installed in CI.
describeDrivers('drivers of Go and Java', [
  {
    name: 'go-sql-driver',
    command: ['{out}/go-program'],
    build: ['go', 'build', '-o', '{out}/go-program', programFile('go', 'main.go')],
    probe: ['go', 'list', 'github.com/go-sql-driver/mysql'],
    needs: 'apt-get install golang-go golang-github-go-sql-driver-mysql-dev',
    isInCi: false,
    environment: { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '-trimpath' },
  },
  {
    name: 'mariadb-connector-j',
    command: ['java', '-XX:TieredStopAtLevel=1', '-cp', `{out}/java:${CONNECTOR_J}`, 'Main'],
    build: ['javac', '-d', '{out}/java', programFile('connector-j', 'Main.java')],
    probe: ['sh', '-c', `javac -version && test -r ${CONNECTOR_J}`],
    needs: 'apt-get install default-jdk-headless libmariadb-java',
    isInCi: false,
  },
]);
