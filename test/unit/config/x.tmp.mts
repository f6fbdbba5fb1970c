import { parseCnf } from '../../../src/config/cnf-parser.ts';
import { loadCnf, formatProblem } from '../../../src/config/cnf-loader.ts';
const t = `datadir="/x"
foo=1
mysql_variables={ threads=4 interfaces="0.0.0.0:6033;/tmp/a.sock" max_connections="many" bogus=1 have_ssl=1 }
mysql_servers=( {address="a",port=70000,hostgroup=1}, {hostname="b" hostgroup=2 zzz=1}, {hostname="b" hostgroup=2}, {port="x"} )
mysql_users: ( {username="u",password="p",default_hostgroup=1},
 {username="u"}, {username="w", default_hostgroup=9, active=false}, {username="v" default_hostgroup=9} )
mysql_query_rules=({rule_id=1,match_digest="^SELECT",destination_hostgroup=7,apply=1,flagOUT=-1})
`;
const l = loadCnf(parseCnf(t,'f'));
console.log(l.errors.map(formatProblem).join('\n')); console.log('W', l.warnings.map(formatProblem).join('\n')); console.log(l.rows, l.variables, l.settings);
