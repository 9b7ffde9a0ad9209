#!/usr/bin/env bash
# Artifacts of hubctl as the reference tool reads them, and its artifacts as hubctl does. What hubctl says of its own is in Tests/ProgramTests.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/../Interop/packages.sh"
hubctl() { "$root/.build/${CONFIGURATION:-debug}/hubctl" "$@"; }
write() { hubctl artifact write --name rel-1 --device-type qemu "$@"; }
inspect() { hubctl artifact inspect "$@"; }
member() { hubctl artifact inspect "$1" --json | jq -er "$2" | grep -qxF -- "$3"; }
says() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || true
    grep -qF -- "$wanted" <<<"$got" || { printf 'no "%s" in:\n%s\n' "$wanted" "$got"; return 1; }
}

if ! folder=$(interop_package mender-artifact 2>"$work/reason"); then
    skip "the reference tool is not to be had: $(cat "$work/reason")"
    exit 0
fi
tool() { "$folder/usr/bin/mender-artifact" "$@"; }
tool_reads() { says "$2" tool read "$1"; }

cd "$work"
printf 'hello hub\n' >greeting.txt
head -c 3000000 /dev/urandom >image.ext4
printf '{"mode":"0644","dest":"/etc/motd"}' >meta.json
printf '#!/bin/sh\nexit 0\n' >ArtifactInstall_Enter_10_check
umask 077
openssl ecparam -name prime256v1 -genkey -noout -out ec.key
openssl genrsa -traditional -out rsa.key 2048 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -passout pass:correct -out locked.key
printf 'correct\n' >passphrase
for key in ec rsa; do openssl pkey -in $key.key -pubout -out $key.pem; done
openssl pkey -in locked.key -passin pass:correct -pubout -out locked.pem
umask 022

# Ours, read by the tool.
expect "ours is written: module" write --type hubtest --file greeting.txt --meta-data meta.json --group grpA \
    --requires-name rel-0 --depends rootfs-image.version=rel-0 --provides my.key=val --out module.mender
expect "ours is written: image" write --type rootfs-image --file image.ext4 --out image.mender
expect "ours is written: single" write --folder /etc --permissions 600 --file greeting.txt --out single.mender
expect "ours is written: bootstrap" write --bootstrap --provides a=b --out bootstrap.mender
expect "ours is written: script" write --type t --script ArtifactInstall_Enter_10_check --out script.mender
for file in module image single bootstrap script; do expect "the tool accepts ours: $file" tool validate $file.mender; done
for compression in none gzip xz; do
    expect "ours is written with $compression" write --type hubtest --file greeting.txt --file image.ext4 --meta-data meta.json \
        --script ArtifactInstall_Enter_10_check --compression $compression --out ours-$compression.mender
    expect "and the tool accepts it" tool validate ours-$compression.mender
done
expect "ours is written with zstd and read by us" write --type t --file image.ext4 --compression zstd --out ours-zstd.mender
expect "the tool reads the type" tool_reads ours-gzip.mender 'Type:   hubtest'
expect "the files" tool_reads ours-gzip.mender "checksum: $(sha256sum greeting.txt | cut -c-64)"
expect "the meta-data" tool_reads ours-gzip.mender '"dest": "/etc/motd"'
expect "the state script" tool_reads ours-gzip.mender ArtifactInstall_Enter_10_check
for key in ec rsa; do
    cp module.mender signed-$key.mender
    expect "a finished artifact is signed ($key)" hubctl artifact sign signed-$key.mender --key $key.key
    expect "the tool confirms our signature ($key)" tool validate signed-$key.mender -k $key.pem
    refuse "and no other key's" tool validate signed-$key.mender -k locked.pem
done
long=$(printf 'n%.0s' {1..200})
cp greeting.txt "$long"
expect "a long name goes along" write --type t --file "$long" --out names.mender
expect "and the tool reads it" tool_reads names.mender "$long"

# The tool's, read by us.
for compression in none gzip lzma; do
    tool --compression $compression write module-image -T hubtest -n rel-1 -t qemu -t rpi -N rel-0 -G grpB -d rootfs-image.version:rel-0 \
        -p my.key:val -g grpA -m meta.json -s ArtifactInstall_Enter_10_check -f greeting.txt -f image.ext4 -f "$long" -o theirs.mender >/dev/null 2>&1
    expect "the tool's module artifact is read ($compression)" inspect theirs.mender
    expect "with all that it says" member theirs.mender '[.group, .deviceTypes[], .depends.artifact_name[], .depends.artifact_group[],
        .depends["rootfs-image.version"], .provides["my.key"], .provides["rootfs-image.hubtest.version"], .clears[], .metaData.mode,
        .scripts[]] | join(" ")' \
        'grpA qemu rpi rel-0 grpB rel-0 val rel-1 rootfs-image.hubtest.* 0644 ArtifactInstall_Enter_10_check'
done
tool write rootfs-image -n rel-1 -t qemu -f image.ext4 -o theirs.mender >/dev/null 2>&1
expect "its image artifact too, whose type it forgets to repeat" member theirs.mender .type rootfs-image
expect "provides what ours does" diff <(inspect theirs.mender --json | jq '.provides,.clears') <(inspect image.mender --json | jq '.provides,.clears')
tool write bootstrap-artifact -n rel-1 -t qemu -p a:b -o theirs.mender >/dev/null 2>&1
expect "its bootstrap artifact too" diff <(inspect theirs.mender --json | jq '.provides,.clears,.type') <(inspect bootstrap.mender --json | jq '.provides,.clears,.type')
for key in ec rsa; do
    tool write module-image -T t -n rel-1 -t qemu -f greeting.txt -k $key.key -o theirs.mender >/dev/null 2>&1
    expect "the tool's signature is confirmed ($key)" inspect theirs.mender --verify-key $key.pem
    expect "and replaced by ours" hubctl artifact sign theirs.mender --key locked.key --passphrase-file passphrase --replace
    expect "which the tool confirms" tool validate theirs.mender -k locked.pem
    tool sign module.mender -k $key.key -o theirs.mender >/dev/null 2>&1
    expect "ours, signed by the tool, is confirmed" inspect theirs.mender --verify-key $key.pem
done
tool write module-image -T t -n rel-1 -t qemu -f greeting.txt --augment-type t --augment-file meta.json -o theirs.mender >/dev/null 2>&1
expect "an augmented one is refused by that word" says 'is augmented' inspect theirs.mender
