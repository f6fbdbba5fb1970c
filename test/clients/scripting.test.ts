import { describeDrivers } from './support/describe-drivers.js';
import { programFile } from './support/driver.js';

const ofPerl = (module: string, name: string, needs: string) => ({
  name,
  command: ['perl', programFile('perl-dbi', 'main.pl')],
  probe: ['perl', '-MDBI', `-MDBD::${module}`, '-e', '1'],
  needs: `apt-get install ${needs}`,
  isInCi: true,
  environment: { DBI_DRIVER: module },
});

describeDrivers('drivers of PHP, Perl and Ruby', [
  {
    name: 'php-mysqli',
    command: ['php', '-d', 'mysqli.allow_local_infile=1', programFile('php-mysqli', 'main.php')],
    probe: ['php', '-r', 'exit(extension_loaded("mysqli") ? 0 : 1);'],
    needs: 'apt-get install php-cli php-mysql',
    isInCi: true,
  },
  {
    name: 'php-pdo',
    command: ['php', programFile('php-pdo', 'main.php')],
    probe: ['php', '-r', 'exit(extension_loaded("pdo_mysql") ? 0 : 1);'],
    needs: 'apt-get install php-cli php-mysql',
    isInCi: true,
  },
  ofPerl('mysql', 'perl-dbd-mysql', 'libdbd-mysql-perl'),
  ofPerl('MariaDB', 'perl-dbd-mariadb', 'libdbd-mariadb-perl'),
  {
    name: 'ruby-mysql2',
    command: ['ruby', programFile('ruby-mysql2', 'main.rb')],
    probe: ['ruby', '-e', 'require "mysql2"'],
    needs: 'apt-get install ruby-mysql2',
    isInCi: true,
  },
]);
