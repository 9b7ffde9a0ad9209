# Sourced by the tests with Mender's programs: a host of its own on which they are installed, without touching this one.
# shellcheck shell=bash disable=SC2154 # cases.sh sets work

# mender_host SCRIPT: runs SCRIPT again as root of a new host (network, mounts, processes, name), with the programs in place.
# Prints a reason and ends with 77 where that can't be.
mender_host() {
    local script=$1 name folders=()
    [ "$(id -u)" = 0 ] || { echo "needs root for namespaces" && exit 77; }
    unshare --mount --net --pid --uts --fork true 2>/dev/null || { echo "this system allows no namespaces" && exit 77; }
    for name in mender-client mender-artifact mender-cli mender-connect; do
        folders+=("$(interop_package "$name")") || exit 77
    done
    exec unshare --mount --propagation private --net --pid --uts --fork --kill-child \
        env MENDER_HOST=1 MENDER_FOLDERS="${folders[*]}" bash "$script"
}

# mender_mounts: lays the programs over /usr, /etc and /var, with a layer on top for what is written.
mender_mounts() {
    local part lower folder folders layers=/run/mender-layers
    mount -t tmpfs -o mode=755 run /run
    mkdir -p "$layers"
    read -ra folders <<<"$MENDER_FOLDERS"
    for part in usr etc var; do
        lower=""
        for folder in "${folders[@]}"; do [ ! -d "$folder/$part" ] || lower+="$folder/$part:"; done
        mkdir -p "$layers/$part" "$layers/$part.work"
        mount -t overlay overlay -o "lowerdir=$lower/$part,upperdir=$layers/$part,workdir=$layers/$part.work" "/$part"
    done
    mount -t proc proc /proc
    ip link set lo up
    hostname device
}

# mender_device URL CA: what makes this host a device.
mender_device() {
    # The package has a link here, to a partition that devices with two root file systems have.
    rm -f /var/lib/mender
    mkdir -p /var/lib/mender /etc/mender /usr/share/mender/identity
    cat >/etc/mender/mender.conf <<END
{"ServerURL":"$1","ServerCertificate":"$2","DeviceTypeFile":"/var/lib/mender/device_type",
 "UpdatePollIntervalSeconds":1,"InventoryPollIntervalSeconds":2,"RetryPollIntervalSeconds":1}
END
    printf 'device_type=qemu\n' >/var/lib/mender/device_type
    printf 'artifact_name=rel-0\n' >/etc/mender/artifact_info
    printf '#!/bin/sh\necho mac=02:00:00:00:00:01\necho serial=SN-1\n' >/usr/share/mender/identity/mender-device-identity
    mkdir -p /usr/share/mender/inventory
    printf '#!/bin/sh\necho os=debian\necho ip=10.0.0.1\necho ip=10.0.0.2\n' >/usr/share/mender/inventory/mender-inventory-test
    # Nothing here may restart the machine.
    printf '#!/bin/sh\necho "reboot $*" >>%s/reboots\n' "$work" >/usr/sbin/reboot
    chmod 755 /usr/share/mender/identity/* /usr/share/mender/inventory/* /usr/sbin/reboot
    mkdir -p /run/mender-test
    cat >/run/mender-test/bus.conf <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=$work/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow user="*"/></policy></busconfig>
END
    export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus
    dbus-daemon --config-file=/run/mender-test/bus.conf --nofork --nopidfile 2>/dev/null &
}

# mender_start / mender_stop: the update client as a daemon
mender_start() {
    mender --no-syslog --log-level debug daemon >>"$work/mender.log" 2>&1 &
    mender_pid=$!
}
mender_stop() {
    kill "$mender_pid" 2>/dev/null || true
    wait "$mender_pid" 2>/dev/null || true
}

# until_true SECONDS COMMAND...
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}
