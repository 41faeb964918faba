#!/usr/bin/env bash
# Starts MLflow's server on loopback with the gate before its registry; `./serve.sh stop` ends it.
set -euo pipefail
cd "$(dirname "$0")"
if [ "${1:-}" = stop ]; then
  kill -TERM -- "-$(cat .work/server.pid)"
  rm .work/server.pid
  exit
fi
mkdir -p .work
port=$(sed -n 's/^registry = .*:\([0-9]*\)"$/\1/p' policy.toml)
export MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
set -m
python -m mlflow server --host 127.0.0.1 --port "$port" --workers 1 \
  --backend-store-uri sqlite:///.work/mlflow.db \
  --registry-store-uri gate:sqlite:///.work/mlflow.db \
  --artifacts-destination .work/artifacts > .work/server.log 2>&1 < /dev/null &
echo $! > .work/server.pid
for _ in $(seq 300); do
  if python -c "from urllib.request import urlopen; urlopen('http://127.0.0.1:$port/health', timeout=2)" 2> /dev/null; then
    echo "MLflow answers at http://127.0.0.1:$port"
    exit
  fi
  sleep 0.2
done
cat .work/server.log
exit 1
