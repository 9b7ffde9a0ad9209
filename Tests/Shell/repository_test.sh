#!/usr/bin/env bash
# What is true of the repository as a whole: nothing of the machine it is built on, nothing private, nothing half done.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
cd "$root"

# Files of the repository: those git knows or would add, or without git all but build products.
files() {
    git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . \( -name .build -o -name var \) -prune -o -type f -print0
}
names() { # PATTERN: files that hold it
    files | xargs -0 -r grep -lIE "$1" -- 2>/dev/null || true
}
literally() { files | xargs -0 -r grep -lIF "$1" -- 2>/dev/null || true; }

expect "no path of this machine" test -z "$(literally "$root/")"
expect "no home folder" test -z "$(names '/(home|Users)/[a-z]+/')"
expect "no conflict marker" test -z "$(names '^(<{7}|>{7}) ')"
expect "the licence is the Apache License 2.0" grep -q 'Version 2.0, January 2004' LICENSE
for file in README.md CHANGELOG.md CONTRIBUTING.md Makefile .editorconfig .gitignore .swift-format .ci/run; do
    expect "$file is there" test -s "$file"
done
for script in .ci/run scripts/bootstrap scripts/run scripts/test; do
    expect "$script is executable" test -x "$script"
done
expect ".ci/run calls the test command of the README" grep -q 'make test' .ci/run
