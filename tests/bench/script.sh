#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A script that an administrator might write: script.sh TOKEN_ENDPOINT CA_FILE, with the form on
# standard input.
set -eu
answer=$(curl -sS --fail --cacert "$2" --data @- "$1")
printf '%s' "$answer" | jq -re .access_token >/dev/null
