// Package plugin is what all three kinds of plugins share: how a plugin describes itself, and how its configuration is
// checked and given to it.
package plugin
