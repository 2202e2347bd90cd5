#!/bin/sh
# Installs the parts that others wrote and that the integration tests run ppgbox against:
# from Debian with apt-get (only as root, only what is missing), from npm into a cache folder outside the tree.
#
#   integration/peers/install.sh            install
#   integration/peers/install.sh --list     say what is there and what is missing
#
# With CI=true a part that can not be had is an error. Elsewhere it is named here, and the tests that need it are skipped by
# name.
set -u

here=$(cd "$(dirname "$0")" && pwd)
# The same folder as nodeModules in part.go.
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ppgbox/peers

# One part a line: what must exist, and the package that brings it.
debian='
/usr/bin/tshark tshark
/usr/bin/dumpcap wireshark-common
/usr/bin/wbxml2xml libwbxml2-utils
/usr/lib/kannel/test/test_ppg kannel-extras
/usr/share/perl5/Net/SMPP.pm libnet-smpp-perl
/usr/bin/strace strace
/usr/bin/promtool prometheus
/usr/sbin/bearerbox kannel
/usr/bin/osmo-msc osmo-msc
/usr/bin/osmo-hlr osmo-hlr
/usr/bin/osmo-sgsn osmo-sgsn
/usr/sbin/ip iproute2
/usr/bin/osmo-ggsn osmo-ggsn
/usr/bin/sgsnemu osmo-ggsn
/usr/bin/radclient freeradius-utils
/usr/sbin/freeradius freeradius
/usr/bin/freeDiameterd freediameterd
/usr/lib/freeDiameter/dict_dcca_3gpp.fdx freediameter-extensions
/usr/include/freeDiameter/extension.h libfreediameter-dev
/usr/bin/gcc gcc
/usr/include/dlfcn.h libc6-dev
'

missing_debian() {
	echo "$debian" | while read -r file package; do
		[ -z "$file" ] || [ -e "$file" ] || echo "$package"
	done
}

missing_npm() {
	cmp -s "$here/package.json" "$cache/package.json" && [ -e "$cache/node_modules/smpp/package.json" ] || echo smpp
}

report() {
	for part in $(missing_debian); do echo "missing: $part (Debian)"; done
	for part in $(missing_npm); do echo "missing: $part (npm)"; done
}

# again COMMAND…: up to five times, since another apt may hold the lock and mirrors hiccup.
again() {
	for pause in 2 5 10 20 0; do
		"$@" && return 0
		[ "$pause" -eq 0 ] || sleep "$pause"
	done
	return 1
}

install_debian() {
	packages=$(missing_debian)
	[ -n "$packages" ] || return 0
	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		return 0
	fi
	# Kannel and others would start services; exit status 101 forbids it (policy-rc.d of Debian's invoke-rc.d).
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod 755 /usr/sbin/policy-rc.d
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		trap 'exit 1' HUP INT TERM
	fi
	export DEBIAN_FRONTEND=noninteractive
	# dumpcap stays without file capabilities: with them it does not even start where the container lacks one of them.
	echo 'wireshark-common wireshark-common/install-setuid boolean false' | debconf-set-selections 2>/dev/null
	again apt-get update -qq || return 1
	# shellcheck disable=SC2086 # one word a package
	again apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 $packages >/dev/null
}

install_npm() {
	[ -n "$(missing_npm)" ] || return 0
	command -v npm >/dev/null || return 0
	# package.json moves last: it says that the install is whole.
	rm -rf "$cache/new" "$cache/node_modules" "$cache/package.json"
	mkdir -p "$cache/new" && cp "$here/package.json" "$cache/new/" || return 1
	again npm install --prefix "$cache/new" --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error || return 1
	mv "$cache/new/node_modules" "$cache/" && mv "$cache/new/package.json" "$cache/" && rm -rf "$cache/new"
}

if [ "${1:-}" = --list ]; then
	report
	exit 0
fi
install_debian || echo "install.sh: apt-get failed" >&2
install_npm || echo "install.sh: npm failed" >&2
report
if [ "${CI:-}" = true ] && [ -n "$(report)" ]; then
	exit 1
fi
