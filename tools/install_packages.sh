#!/bin/sh
# Installs Debian packages, given as arguments, and keeps their own services off: the appliance
# starts its own Mosquitto, and Debian's would take its port, now or at the next boot. Run by ./run as root.
set -eu

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get --quiet update || echo "The package lists could not be refreshed: trying with those that are here." >&2
apt-get --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@"

for package in "$@"; do
    case $package in
    mosquitto | nginx) ! command -v systemctl >/dev/null || systemctl --quiet disable "$package" ;;
    esac
done
