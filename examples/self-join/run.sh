#!/usr/bin/env bash
# The batch, its plan, and its streaming form.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

echo '# the batch'
leat run -f batch.leat
echo '# its plan'
leat explain -f batch.leat --schema schema.json | sed '/^guarantee/,$d'
echo '# the same of a stream'
leat run -f streaming.leat
