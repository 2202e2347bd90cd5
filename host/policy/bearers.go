package policy

import "slices"

// Bearers returns the bearer instances that the policies use, by name.
func (s *Set) Bearers() []string {
	var names []string
	for i := range s.policies {
		for _, a := range s.policies[i].policy.Attempts {
			names = append(names, a.Bearer)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
