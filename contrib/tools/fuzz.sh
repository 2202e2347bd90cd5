#!/bin/sh
# Runs every fuzz target of the module, one after the other, and stops at the first that fails, with the failing input named. The
# targets are found, not listed: a new one takes part by being there.
#
#   contrib/tools/fuzz.sh               a minute each
#   FUZZTIME=10s contrib/tools/fuzz.sh
#   contrib/tools/fuzz.sh sdk/smpp host/pap      those of some folders
#
# An input on which a target hangs is found after 10 s, which is Go's limit; a shorter run does not see it.
#
# A failing input is left in testdata/fuzz of its package, where "go test" tries it again as long as it is there: fix the fault
# and commit the file. Beside them stand what others make of ordinary input, each file named for its maker (kannel-…, npm-…,
# libwbxml-…) or for the specification's example (vector-…). What is found to be merely interesting stays in Go's build cache.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${FUZZTIME:=1m}" "${GO:=go}"
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
trap 'exit 1' HUP INT TERM

# fuzz PACKAGE TARGET: 0 if nothing was found.
fuzz() {
	"$GO" test -run '^$' -fuzz "^$2\$" -fuzztime "$FUZZTIME" "./$1" >"$out" 2>&1 && return 0
	# Go's fuzzing ends now and then with this when its time is over in the middle of an input (golang.org/issue/75804). That is
	# no finding: a finding names its input.
	if grep -q 'context deadline exceeded' "$out" && ! grep -q 'Failing input written to' "$out"; then
		[ "$(grep -c '^ *[A-Za-z_]*_test.go:\|^panic:\|^fatal error:' "$out")" -eq 0 ] && return 0
	fi
	return 1
}

[ $# -gt 0 ] || set -- .
targets=$(grep -r --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*(f \*testing\.F)' "$@" |
	sed -E 's|^(\./)?([^:]*)/[^/:]*:func (Fuzz[A-Za-z0-9_]*)\(.*|\2 \3|' | sort)
if [ -z "$targets" ]; then
	echo "no fuzz target in $*" >&2
	exit 1
fi
echo "$targets" | {
	n=0
	while read -r package target; do
		if ! fuzz "$package" "$target"; then
			cat "$out"
			echo "$package $target failed"
			sed -n 's|^ *Failing input written to |the input: '"$package"'/|p' "$out"
			exit 1
		fi
		n=$((n + 1))
		printf '%-22s %-18s %s\n' "$package" "$target" "$(sed -n 's/.*\(execs: [0-9]*\).*/\1/p' "$out" | tail -1)"
	done
	echo "$n fuzz targets found nothing in $FUZZTIME each"
}
