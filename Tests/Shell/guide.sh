# Sourced behind cases.sh by tests that follow a document command by command; $guide is the document.
# shellcheck shell=bash disable=SC2154  # the test that sources this sets guide

# step NAME: the commands of a step
step() { awk -v wanted="<!-- step: $1 -->" '$0 == wanted { found = 1; next } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$guide"; }
