// Package house holds the rules of this repository as tests: who may import whom, what a plugin folder contains, how long a
// file may be, what lies at the top, that a document which is named is there. Every rule is a function from a folder to the list
// of its breaches, tested on a tree that breaks it and then run on the repository.
package house
