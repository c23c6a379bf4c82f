#!/usr/bin/env bash
# Deploys an environment; asks for what it is not told. The same as: npm run deploy -- [ENV]
cd "$(dirname "${BASH_SOURCE[0]}")" && exec npm run --silent deploy -- "$@"
