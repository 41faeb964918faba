#!/usr/bin/env bash
# Makes keys for four people and a trust file that says who may sign what.  Your own project does this once.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p .work/keys
for name in rosa vera vito bob; do
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f ".work/keys/$name"
done
cat > .work/people.csv <<'LIST'
person,key,roles
rosa@corp.example,keys/rosa.pub,policy-owner
vera@corp.example,keys/vera.pub,validator
vito@corp.example,keys/vito.pub,validator
bob@corp.example,keys/bob.pub,
# she trains, and signs nothing
anna@corp.example,,
LIST
policy trust init --people .work/people.csv --key .work/keys/rosa
