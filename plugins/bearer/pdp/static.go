package pdp

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A static is the address that a terminal always has, and the node that it is behind, "" for any.
type static struct {
	address netip.Addr
	node    string
}

// statics are the static addresses. They do not change.
type statics struct {
	by        map[string]static       // "+" and number, or IMSI
	addresses map[netip.Addr]struct{} // all of them
}

// maxStatics is how many there may be.
const maxStatics = 1_000_000

// of returns the static address of a terminal, by its IMSI or else its number.
func (s statics) of(imsi push.IMSI, msisdn push.MSISDN) (static, bool) {
	if len(s.by) == 0 {
		return static{}, false
	}
	if one, ok := s.by[string(imsi)]; ok {
		return one, true
	}
	one, ok := s.by["+"+string(msisdn)]
	return one, ok
}

// has reports whether an address is somebody's for good.
func (s statics) has(a netip.Addr) bool {
	_, ok := s.addresses[a]
	return ok
}

// maxStaticProblems is how many lines that are wrong are told at once.
const maxStaticProblems = 10

// readStatics reads a file of lines "+NUMBER or IMSI, address, node"; the node may be left out. "#" begins a comment.
func readStatics(name string, nodes map[string]*pdpNode) (statics, error) {
	path, err := filepath.Abs(name) // nobody sees where the gateway starts its plugins
	if err != nil {
		return statics{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return statics{}, err
	}
	defer f.Close()
	table := statics{make(map[string]static), make(map[netip.Addr]struct{})}
	var problems plugin.Problems
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan() && len(problems) < maxStaticProblems; number++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		whose, one, err := parseStatic(line, nodes)
		if _, twice := table.by[whose]; err == nil && twice {
			err = fmt.Errorf("%s has an address already", whose)
		}
		if err != nil {
			problems.Addf("static_file", "%s, line %d: %v", path, number, err)
			continue
		}
		table.by[whose] = one
		table.addresses[one.address] = struct{}{}
		if len(table.by) > maxStatics {
			return statics{}, fmt.Errorf("%s has more than %d addresses", path, maxStatics)
		}
	}
	if err := lines.Err(); err != nil {
		return statics{}, fmt.Errorf("%s: %w", path, err)
	}
	return table, problems.Err()
}

func parseStatic(line string, nodes map[string]*pdpNode) (whose string, one static, err error) {
	fields := strings.Split(line, ",")
	if len(fields) < 2 || len(fields) > 3 {
		return "", one, fmt.Errorf("%d fields; they are +NUMBER or IMSI, address, node", len(fields))
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	whose = strings.Clone(fields[0])
	digits, isNumber := strings.CutPrefix(whose, "+")
	if digits == "" || len(digits) > 15 || !isNumber && len(digits) < 6 || strings.Trim(digits, "0123456789") != "" {
		return "", one, fmt.Errorf("%q is neither a number with \"+\" nor an IMSI", whose)
	}
	if one.address, err = netip.ParseAddr(fields[1]); err != nil || !isTerminal(one.address.Unmap()) || one.address.Zone() != "" {
		return "", one, fmt.Errorf("%q is no address of a terminal", fields[1])
	}
	one.address = one.address.Unmap()
	if len(fields) == 3 && fields[2] != "" {
		n := nodes[fields[2]]
		if n == nil {
			return "", one, fmt.Errorf("node %q is not in the configuration of this bearer", fields[2])
		}
		one.node = n.name
	}
	return whose, one, nil
}
