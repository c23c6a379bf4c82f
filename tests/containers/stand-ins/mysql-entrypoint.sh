#!/bin/bash
# What MySQL's image does at its first start, as far as Sluice needs it: an empty folder gets a database whose root may come from anywhere.
set -euo pipefail
data=/var/lib/mysql
if [ ! -d "$data/mysql" ]; then
  password=$(cat "${MYSQL_ROOT_PASSWORD_FILE:?}")
  mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db > /dev/null
  printf '%s\n' \
    "use mysql;" \
    "flush privileges;" \
    "create user 'root'@'%' identified by '$password';" \
    "grant all on *.* to 'root'@'%' with grant option;" \
    "set password for 'root'@'localhost' = password('$password');" \
    | mariadbd --datadir="$data" --bootstrap
fi
[ "${1:-mysqld}" != mysqld ] || shift || true
exec mariadbd --datadir="$data" --bind-address=0.0.0.0 "$@"
