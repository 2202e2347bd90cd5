package heap

import "testing"

func TestGrowth(t *testing.T) {
	tests := []struct {
		name string
		live uint64
		want int
	}{
		{"nothing", 0, mostGrowth},
		{"little", 8 << 20, mostGrowth},
		{"as much as the room", room, 100},
		{"much", 1 << 30, leastGrowth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := growth(tt.live); got != tt.want {
				t.Errorf("a heap of %d octets may grow by %d %%, want %d", tt.live, got, tt.want)
			}
		})
	}
}
