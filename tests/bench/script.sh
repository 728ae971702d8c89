#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What an administrator would write today: TOKEN_ENDPOINT CA_FILE, the form on standard input.
set -eu
answer=$(curl -sS --fail --cacert "$2" --data @- "$1")
printf '%s' "$answer" | jq -re .access_token >/dev/null
