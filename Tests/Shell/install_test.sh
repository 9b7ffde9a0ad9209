#!/usr/bin/env bash
# `make install` puts everything in its place, below any DESTDIR and PREFIX, and never over what the operator wrote.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
cd "$root"

# Programs that know how to write completions and nothing else.
export PROGRAMS=$work/programs
mkdir "$PROGRAMS"
for program in hubd hubctl oob hub-agent; do
    # shellcheck disable=SC2016
    printf '#!/bin/sh\n[ "$1" = --generate-completion-script ] && echo "# %s $2"\n' "$program" >"$PROGRAMS/$program"
    chmod 755 "$PROGRAMS/$program"
done

install_to() { make --no-print-directory install DESTDIR="$work/$1" PREFIX="$2"; }
has() { # FOLDER MODE PATH
    [ "$(stat -c %a "$work/$1$3")" = "$2" ]
}

expect "installs into an empty folder" install_to one /usr
for program in hubd hubctl oob hub-agent; do
    expect "$program is a program" has one 755 "/usr/bin/$program"
done
for unit in hubd hub-agent; do
    expect "$unit.service stands where systemd looks" has one 644 "/usr/lib/systemd/system/$unit.service"
    expect "$unit.service starts the installed program" grep -q "^ExecStart=/usr/bin/$unit " "$work/one/usr/lib/systemd/system/$unit.service"
done
for file in sysusers.d/latchkey tmpfiles.d/latchkey sysusers.d/hub-agent tmpfiles.d/hub-agent; do
    expect "$file.conf" has one 644 "/usr/lib/$file.conf"
done
expect "configuration" has one 644 /etc/latchkey/hub.yaml
for profile in iotdevice client service plugin admin server ocsp; do
    expect "profile $profile" has one 644 "/etc/latchkey/ca/$profile.yaml"
done
for script in make-hub-ca.sh make-offline-root.sh; do
    expect "$script finds what it needs where it is installed" test -n \
        "$("$work/one/usr/share/latchkey/ca/$script" nothing "$work/nothing" 2>&1 | grep -F -- --organization || true)"
done
for program in hubctl oob hub-agent; do
    expect "bash completes $program" grep -q "$program bash" "$work/one/usr/share/bash-completion/completions/$program"
    expect "zsh completes $program" grep -q "$program zsh" "$work/one/usr/share/zsh/vendor-completions/_$program"
    expect "fish completes $program" grep -q "$program fish" "$work/one/usr/share/fish/vendor_completions.d/$program.fish"
done
expect "nothing of the build machine stands in what is installed" test -z "$(grep -rlF "$root" "$work/one" || true)"

echo "site: {name: Mine}" >"$work/one/etc/latchkey/hub.yaml"
expect "installs once more over itself" install_to one /usr
expect "the operator's configuration is kept" grep -q Mine "$work/one/etc/latchkey/hub.yaml"

expect "installs below another prefix" install_to two /usr/local
expect "programs follow the prefix" has two 755 /usr/local/bin/hubd
expect "the unit follows the prefix" grep -q '^ExecStart=/usr/local/bin/hubd ' "$work/two/etc/systemd/system/hubd.service"
expect "nothing lands in /usr/bin" test ! -e "$work/two/usr/bin"
refuse "a relative prefix is refused" install_to three usr
rm "$PROGRAMS/oob"
refuse "a missing program is named" install_to four /usr
