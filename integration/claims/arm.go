//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
)

// An arm is one way to send pushes; results.json has its name.
type arm string

// The arms.
const (
	// integrated: the gateway's bearer segments and runs the transaction, over an MSC.
	integrated arm = "integrated"
	// delegated: the gateway submits the push whole to a push SMSC, which segments it and runs the transaction.
	delegated arm = "delegate"
	// stored60 and storedCautious: the gateway submits segments to an SMSC that stores and forwards, and waits for receipts.
	stored60       arm = "store_60s"
	storedCautious arm = "store_cautious"
)

var allArms = [...]arm{integrated, delegated, stored60, storedCautious}

// stores says whether the SMSC of the arm stores and forwards.
func (a arm) stores() bool { return a == stored60 || a == storedCautious }

// parseArms reads names between commas; "" is all.
func parseArms(text string) ([]arm, error) {
	if text == "" {
		return allArms[:], nil
	}
	var arms []arm
	for name := range strings.SplitSeq(text, ",") {
		if !slices.Contains(allArms[:], arm(name)) {
			return nil, fmt.Errorf("%q is none of the arms %v", name, allArms)
		}
		arms = append(arms, arm(name))
	}
	return arms, nil
}
