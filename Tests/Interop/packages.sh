# Sourced by tests that run other people's programs beside ours: gets Debian packages without installing them.
# shellcheck shell=bash

# interop_package NAME prints the folder the package is unpacked in, and fails with a reason on standard error. Nothing of it is
# started or configured; a second call finds it there.
interop_package() {
    local name=$1 folder temporary
    folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.build/interop-packages
    mkdir -p "$folder"
    (
        exec 9>"$folder/lock"
        flock 9 # two tests may want the same package
        [ -d "$folder/$name" ] && exit 0
        temporary=$(mktemp -d "$folder/get-XXXXXX")
        trap 'rm -rf "$temporary"' EXIT
        chmod 755 "$temporary"
        cd "$temporary"
        apt-get -q download "$name" >log 2>&1 || { echo "apt-get could not get $name: $(tail -n 1 log)" >&2 && exit 1; }
        dpkg-deb -x ./"${name}"_*.deb unpacked
        mv unpacked "$folder/$name"
    ) || return 1
    printf '%s\n' "$folder/$name"
}
