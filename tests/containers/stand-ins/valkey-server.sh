#!/bin/sh
# Debian's Redis is older than CLIENT SETINFO, and ends when a right names a command that it lacks.
set -eu
if [ -f "${1:-}" ]; then
  sed 's/+client|setinfo //' "$1" > /dev/shm/valkey.conf
  shift
  set -- /dev/shm/valkey.conf "$@"
fi
exec redis-server "$@"
