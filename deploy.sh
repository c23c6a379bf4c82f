#!/usr/bin/env bash
# Deploys an environment, and asks for missing values. The same as: npm run deploy -- [ENV]
cd "$(dirname "${BASH_SOURCE[0]}")" && exec npm run --silent deploy -- "$@"
