package dispatch

// names numbers strings that very many folded jobs have: those of plugins, steps, initiators, media types. It is never emptied,
// so it takes only so many.
type names struct {
	number map[string]int
	list   []string
}

const (
	mostNames   = 4096
	longestName = 128 // octets
)

func newNames() names { return names{number: map[string]int{}} }

// find numbers a name, if it has a number.
func (n *names) find(s string) (number int, ok bool) {
	number, ok = n.number[s]
	return number, ok
}

// give numbers a name, unless there are too many or it is too long.
func (n *names) give(s string) (number int, ok bool) {
	if number, ok = n.number[s]; ok || len(n.list) == mostNames || len(s) > longestName {
		return number, ok
	}
	s = string([]byte(s)) // not a piece of something larger
	n.number[s] = len(n.list)
	n.list = append(n.list, s)
	return len(n.list) - 1, true
}
