#!/bin/sh
# Installs Debian packages, given as arguments, and keeps their own services off: the appliance
# starts its own Mosquitto, and Debian's would take its port, now or at the next boot. Run by ./run as root.
set -eu

log=$(mktemp)
policy=
trap 'rm -f "$log" ${policy:+"$policy"}' EXIT
trap 'exit 130' HUP INT TERM
if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

# apt tells much that nobody reads, unless it fails.
quietly() {
    "$@" >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        return 1
    }
}

export DEBIAN_FRONTEND=noninteractive
quietly apt-get --quiet update ||
    echo "The package lists could not be refreshed: trying with those that are here." >&2
quietly apt-get --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@"

for package in "$@"; do
    case $package in
    mosquitto | nginx | nats-server | postgresql) ! command -v systemctl >/dev/null || systemctl --quiet disable "$package" ;;
    esac
done
