#!/usr/bin/env bash
# Drives the emulator with clients of others, each in a fresh world:
#
#   testdata/clients/run.sh
#
# It needs Go and Node.js 20, and downloads the clients, nothing else. All
# traffic stays on loopback.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
emulator=
stop() {
	if [ -n "$emulator" ]; then
		kill "$emulator" 2>/dev/null || true
		wait "$emulator" 2>/dev/null || true
		emulator=
	fi
}
trap 'stop; rm -rf "$work"' EXIT

(cd ../.. && go build -o "$work/cloudjob" .)
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
	npm ci --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error
fi

# fresh FLAGS... starts an emulator on a free port and puts its address into
# $EMULATOR.
fresh() {
	stop
	: >"$work/log" # which still names the last one's address
	"$work/cloudjob" emulate -listen 127.0.0.1:0 -speed 20 -quiet "$@" >"$work/log" 2>&1 &
	emulator=$!
	for _ in $(seq 100); do
		EMULATOR=$(sed -n 's/^listening on \(http:[^ ]*\).*/\1/p' "$work/log")
		if [ -n "$EMULATOR" ]; then
			export EMULATOR
			return
		fi
		sleep 0.1
	done
	cat "$work/log"
	return 1
}

status=0
for module in go go2021; do
	fresh
	echo "== $module"
	(cd "$module" && go vet ./... && go test -count=1 ./...) || status=1
done
for client in Terraform Telekom; do
	fresh
	echo "== others, $client"
	(cd others && go vet ./... && go test -count=1 -run "^Test$client" ./...) || status=1
done
fresh
echo "== Node.js $(node --version)"
node run.mjs "$EMULATOR" || status=1
fresh -key-life 5s -token-life 5s
node run.mjs "$EMULATOR" short || status=1
exit "$status"
