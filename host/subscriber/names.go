package subscriber

// names gives GGSNs and APNs numbers, as thousands of sessions have the same. A name goes with its last use.
type names struct {
	index map[string]uint32
	list  []name // 0 is nobody's
	free  []uint32
}

type name struct {
	text string
	uses int
	end  end // of a GGSN
}

// An end is what an Accounting-On or -Off said last: the sessions of the GGSN that are older are over.
type end struct {
	at         int64  // when it happened
	generation uint64 // sessions from this one on are of after it was heard of
	stops      uint64 // as many Stops had been heard of before
}

func newNames() names { return names{index: map[string]uint32{}, list: make([]name, 1)} }

// find returns 0 for a name that nobody uses.
func (n *names) find(text string) uint32 { return n.index[text] }

func (n *names) text(i uint32) string { return n.list[i].text }

// use returns the number of a name and counts the use.
func (n *names) use(text string) uint32 {
	i, ok := n.index[text]
	if !ok {
		if last := len(n.free); last > 0 {
			i, n.free = n.free[last-1], n.free[:last-1]
		} else {
			n.list = append(n.list, name{})
			i = uint32(len(n.list) - 1)
		}
		n.list[i] = name{text: text}
		n.index[text] = i
	}
	n.list[i].uses++
	return i
}

func (n *names) drop(i uint32) {
	x := &n.list[i]
	if x.uses--; x.uses > 0 {
		return
	}
	delete(n.index, x.text)
	*x = name{}
	n.free = append(n.free, i)
}
