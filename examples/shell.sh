#!/usr/bin/env bash
# A load test from a plain shell, or from cron.
#
# It needs the keys in TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, and the
# program in the path: in a checkout of the action, go build -o ~/bin/cloudjob .
# Ctrl-C stops the load test and waits until the cloud has confirmed that. With
# ENDPOINT=http://127.0.0.1:8787 it runs against "cloudjob emulate".
set -euo pipefail

status=0
cloudjob run \
  provider=tencent-pts \
  project_id=project-demo \
  scenario_id="${1:-scenario-demo}" \
  endpoint="${ENDPOINT:-}" \
  timeout=30m \
  report_dir=report \
  gates="p95(response_time) < 300ms" || status=$?

case $status in
0) echo "passed: see report/report.html" ;;
10 | 11) echo "failed: see report/report.html" ;;
12) echo "could not be judged" ;;
6) echo "may run, look into the console" ;;
*) echo "did not get that far" ;;
esac
exit "$status"
