#!/usr/bin/env bash
# Artifacts made, inspected and signed by hubctl, and by the reference tool in both directions.
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
ends_with() {
    local wanted=$1 status=0
    shift
    "$@" >/dev/null 2>&1 || status=$?
    [ "$status" = "$wanted" ] || { echo "exit code $status"; return 1; }
}

cd "$work"
printf 'hello hub\n' >greeting.txt
head -c 3000000 /dev/urandom >image.ext4
printf '{"mode":"0644","dest":"/etc/motd"}' >meta.json
printf '#!/bin/sh\nexit 0\n' >ArtifactInstall_Enter_10_check
umask 077
openssl ecparam -name prime256v1 -genkey -noout -out ec.key
openssl genrsa -traditional -out rsa.key 2048 2>/dev/null
openssl genrsa -out weak.key 1024 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -passout pass:correct -out locked.key
printf 'correct\n' >passphrase
for key in ec rsa; do openssl pkey -in $key.key -pubout -out $key.pem; done
openssl pkey -in locked.key -passin pass:correct -pubout -out locked.pem
umask 022

expect "a module's artifact is written" write --type hubtest --file greeting.txt --meta-data meta.json --group grpA \
    --requires-name rel-0 --depends rootfs-image.version=rel-0 --provides my.key=val --out module.mender
expect "and shown" says 'rootfs-image.hubtest.version=rel-1' inspect module.mender
expect "with the file's sum" says "$(sha256sum greeting.txt | cut -c-64)" inspect module.mender
expect "and its own" member module.mender .sha256 "$(sha256sum module.mender | cut -c-64)"
expect "in JSON too" member module.mender '.metaData.dest' /etc/motd
expect "the same again gives the same bytes" write --type hubtest --file greeting.txt --meta-data meta.json --group grpA \
    --requires-name rel-0 --depends rootfs-image.version=rel-0 --provides my.key=val --out again.mender
expect "to the last" cmp module.mender again.mender
expect "an image's artifact provides its sum" write --type rootfs-image --file image.ext4 --out image.mender
expect "as devices compare it" member image.mender '.provides["rootfs-image.checksum"]' "$(sha256sum image.ext4 | cut -c-64)"
expect "one file goes into a folder" write --folder /etc --permissions 600 --file greeting.txt --out single.mender
expect "by four files" member single.mender '[.files[].name] | join(" ")' 'dest_dir filename permissions greeting.txt'
expect "nothing is installed by a bootstrap" write --bootstrap --provides a=b --out bootstrap.mender
expect "which clears everything" member bootstrap.mender '.clears // "everything"' everything
expect "a state script goes along" write --type t --script ArtifactInstall_Enter_10_check --out script.mender
expect "by its name" member script.mender '.scripts[]' ArtifactInstall_Enter_10_check

refuse "a state script of another name is refused" write --type t --script greeting.txt --out bad.mender
refuse "two images are refused" write --type rootfs-image --file image.ext4 --file greeting.txt --out bad.mender
refuse "an artifact of no kind is refused" write --out bad.mender
expect "as wrong usage" ends_with 64 write --out bad.mender
refuse "a key too weak is refused" write --type t --sign-key weak.key --out bad.mender
expect "no half file is left" test ! -e bad.mender -a ! -e bad.mender.part -a ! -e bad.mender.payload

for key in ec rsa; do
    cp module.mender signed-$key.mender
    expect "a finished artifact is signed ($key)" hubctl artifact sign signed-$key.mender --key $key.key
    expect "which its key confirms" inspect signed-$key.mender --verify-key $key.pem
done
expect "another key does not" ends_with 1 inspect signed-ec.mender --verify-key rsa.pem
expect "one of several suffices" inspect signed-ec.mender --verify-key rsa.pem --verify-key ec.pem
expect "an unsigned one is no signed one" says 'is not signed' inspect module.mender --verify-key ec.pem
expect "a second signature needs to be asked for" says '--replace' hubctl artifact sign signed-ec.mender --key rsa.key
expect "and then replaces the first" hubctl artifact sign signed-ec.mender --key rsa.key --replace --out other.mender
expect "in the new file alone" inspect signed-ec.mender --verify-key ec.pem
expect "an encrypted key opens with its passphrase" write --type t --sign-key locked.key --passphrase-file passphrase --out locked.mender
expect "and signs" inspect locked.mender --verify-key locked.pem

cp image.mender flipped.mender
printf 'x' | dd of=flipped.mender bs=1 seek=1500000 conv=notrunc status=none
refuse "a flipped byte is found" inspect flipped.mender
head -c 1000000 image.mender >cut.mender
expect "a cut file is called that" says 'cut.mender: it is cut short' inspect cut.mender
expect "something else as well" says 'it is not an artifact' inspect greeting.txt
expect "and a file that isn't there" says "can't read missing.mender" inspect missing.mender

if ! folder=$(interop_package mender-artifact 2>"$work/reason"); then
    skip "the reference tool is not to be had: $(cat "$work/reason")"
    exit 0
fi
tool() { "$folder/usr/bin/mender-artifact" "$@"; }
tool_reads() { says "$2" tool read "$1"; }

# Ours, read by the tool.
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
for file in module image single bootstrap script; do expect "the tool accepts ours: $file" tool validate $file.mender; done
for key in ec rsa; do
    expect "the tool confirms our signature ($key)" tool validate signed-$key.mender -k $key.pem
    refuse "and no other key's" tool validate signed-$key.mender -k locked.pem
done
long=$(printf 'n%.0s' {1..200})
cp greeting.txt "$long"
expect "a long name goes along" write --type t --file "$long" --out names.mender
expect "and the tool reads it" tool_reads names.mender "$long"
cp greeting.txt größe.txt
expect "a name that the tool would refuse is not written" says 'letters, digits' write --type t --file größe.txt --out names.mender

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
