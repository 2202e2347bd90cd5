package config

import "strings"

// nearest returns the candidate that got was probably meant to be, or "": the one with the fewest changed letters, at most a
// third of them, or the only one that begins with got.
func nearest(got string, candidates []string) string {
	norm := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }
	best, distance := "", max(1, len(got)/3)+1
	var longer []string
	for _, c := range candidates {
		if d := edits(norm(got), norm(c)); d < distance {
			best, distance = c, d
		}
		if len(got) >= 2 && strings.HasPrefix(norm(c), norm(got)) {
			longer = append(longer, c)
		}
	}
	if best == "" && len(longer) == 1 {
		best = longer[0]
	}
	return best
}

// edits is the number of letters to insert, delete, change or swap with their neighbour to get from a to b (optimal string
// alignment).
func edits(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	next := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
