// Package notify tells Push Initiators what became of their pushes: it posts result notifications until they are acknowledged
// or their time is up.
package notify
