#!/usr/bin/env bash
# Makes keys for four people and a trust file that says who may sign what.  Your own project does this once.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p .work/keys
for name in rosa vera vito bob; do
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f ".work/keys/$name"
done
policy trust init --root rosa@corp.example=.work/keys/rosa.pub --key .work/keys/rosa
for name in vera vito bob; do
  policy trust add person "$name@corp.example" --key ".work/keys/$name.pub"
done
policy trust add person anna@corp.example  # she trains, and signs nothing
policy trust add role validator --member vera@corp.example --member vito@corp.example
policy trust add role policy-owner --member rosa@corp.example
policy trust add ledger "$(policy ledger key)"
policy trust sign --key .work/keys/rosa
policy sign policies --role policy-owner --key .work/keys/rosa
